// The part of an undo that a person names by patterns.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "plan/stored_plan.h"

namespace foldersync {

// The actions about what the patterns (as of --exclude) match, or what lies below that, and those
// that they need: a valid plan. Errors: kUsage where a pattern is none, or nothing matches.
Result<StoredPlan> only_matching(const StoredPlan& undo, const std::vector<std::string>& patterns,
                                 const Spooling& spooling);

}  // namespace foldersync
