// A plan whose actions need not fit into memory.
#pragma once

#include "core/result.h"
#include "plan/action_store.h"
#include "plan/document.h"

namespace foldersync {

struct StoredPlan : PlanHeader {
  ActionStore actions;  // in the order of order.h
};

// The same plan, its actions held in memory.
Result<StoredPlan> stored(const Plan& plan);
Result<Plan> in_memory(const StoredPlan& plan);

}  // namespace foldersync
