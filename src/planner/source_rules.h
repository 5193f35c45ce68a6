// Reading what a directory of the source itself says of the entries in it and below it.
#pragma once

#include <memory>

#include "core/result.h"
#include "filter/local_rules.h"
#include "plan/plan.h"
#include "scan/walker.h"

namespace foldersync {

// Rules that hold in the pair's directory: those that were handed down to it, and its own, where
// the options ask for any. Null: none. Only the source is read; what it lacks is handed down as it
// is. Errors, with the path of what can't be read or used: nothing is known then of what takes part
// in the directory and below it.
Result<std::shared_ptr<const LocalRules>> rules_of_source(const PlanOptions& options,
                                                          const VisitedPair& pair);

}  // namespace foldersync
