// A plan's actions as a walk over the replica would meet them.
#pragma once

#include "plan/action_stream.h"

namespace foldersync {

// All of them in path order: a directory directly before what happens in it, whatever its phase;
// those of one path in the plan's order. Reads each of the six phases from where it begins or ends,
// so that one action of each is all that is kept. Errors: those of the source.
Result<ActionStream> in_path_order(const ActionSource& source);

}  // namespace foldersync
