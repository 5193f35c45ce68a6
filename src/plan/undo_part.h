// A part of an undo that can be applied by itself. Pure.
#pragma once

#include <functional>

#include "core/result.h"
#include "plan/plan.h"

namespace foldersync {

// What is wanted of it, and what that needs: the directories that it goes into and their metadata,
// what must go from its place or out of a directory that goes, the files that a name is given of.
// `is_wanted` is asked for the path of an action, and whether a directory has it.
Result<Plan> part_of_undo(const Plan& undo,
                          const std::function<bool(const RelPath&, bool)>& is_wanted);

}  // namespace foldersync
