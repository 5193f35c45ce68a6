// Whether there is room for what a plan writes.
#pragma once

#include <vector>

#include "apply/engine.h"
#include "apply/window.h"
#include "core/result.h"
#include "plan/action.h"

namespace foldersync {

// Window for window: what is staged must fit, and what earlier windows displaced has made room.
// Error kRefused, with the figures and the option that overrides it. Where files can share what
// they hold with the source, nothing is concluded.
Status check_space(const ApplyRequest& request, const std::vector<Action>& actions);

// Whether the window `range` can be staged while what an earlier one displaced is still there.
bool fits_beside_the_old(const ApplyRequest& request, WindowRange range);

}  // namespace foldersync
