// Looking at all of a plan, and changing nothing.
#pragma once

#include <cstddef>

#include "apply/look/look.h"
#include "apply/stage/request.h"

namespace foldersync {

// A dry run: reports of each action what would hinder it, or that nothing would. `max_open`:
// descriptors for the way into the trees. An error of either function: the plan can't be read.
// Memory: the directories that the plan makes.
Status check_only(const ApplyRequest& request, const LookContext& looks, std::size_t max_open);

// Looks at all actions before the first change; where one is stale, reports the stale ones as such
// and all others as skipped, and says true. Else nothing is reported.
// RACE: what becomes stale after this look is found by the look before its own action, and skipped.
Result<bool> refuse_if_stale(const ApplyRequest& request, const LookContext& looks,
                             std::size_t max_open);

// Whether every action is done already, which is reported then: such a plan changes nothing, not
// even the time of the root. Where one isn't, nothing is reported.
Result<bool> tell_if_done(const ApplyRequest& request, const LookContext& looks,
                          std::size_t max_open);

}  // namespace foldersync
