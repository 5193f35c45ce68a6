// A plan whose actions need not fit into memory.
#pragma once

#include <string>

#include "core/result.h"
#include "plan/action_store.h"
#include "plan/plan.h"

namespace foldersync {

struct StoredPlan : PlanHeader {
  ActionStore actions;  // in the order of order.h
  std::string digest;   // of the document that it was read from and is still the same as, if any
};

// The same plan, its actions held in memory.
Result<StoredPlan> stored(const Plan& plan);
Result<Plan> in_memory(const StoredPlan& plan);

}  // namespace foldersync
