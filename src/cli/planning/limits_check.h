// What the replica's file system can't hold: asked again, forgotten, and told.
#pragma once

#include "cli/planning/tools.h"
#include "planner/planner.h"
#include "scan/roots.h"

namespace foldersync {

// What a plan says about the need to ask.
struct LimitsDoubt {
  bool has_actions = false;
  bool hides = false;  // see Planned
};

// Asks whether the limits that are known are still so: in each run that has something to do, and
// once a day where they hide a difference. The answer: whether they are others by now, which
// known_limits() gives from here on, so that what was planned is out of date. Requires: as for
// ask_limits().
bool ask_limits_again(const Tools& tools, Root& replica, const LimitsDoubt& doubt);

// The replica is looked at by number or by path, where it is known which its file system asks for.
void look_as_known(KeptState& state, Root& replica);

// For who asks for more: how the replica is looked at.
void tell_how_looked_at(const Tools& tools, const Root& replica);

// Takes every limit back that is known.
void forget_limits(const Tools& tools, const Root& replica, bool for_good);

// Once a command: what this process may not do though it is root. Once a cycle: that attributes
// which were to be compared can't be held.
void tell_what_root_leaves_out(KeptState& state);
void tell_unheld(KeptState& state, const Planned& planned);

}  // namespace foldersync
