// Deletions that go before what is written, so that it has room: those that nothing else needs.
// Pure.
#pragma once

#include <cstdint>

#include "core/file_time.h"
#include "core/result.h"
#include "plan/action_store.h"
#include "plan/spool.h"

namespace foldersync {

struct RoomFirst {
  ActionStore actions;      // in the order of a plan
  std::uint64_t first = 0;  // deletions that stand in kClear and need not stand there otherwise
};

// The same actions with these deletions in kClear: all but
// - of what has size and time, as the replica holds times, of a file that is written: it may be all
//   that is left of that;
// - of what another action names (`from`, `to`);
// - of directories above what stays, or comes from there.
// Memory: size and time of each file that is written, and the paths that stay. Errors: those of the
// spools.
Result<RoomFirst> delete_first(const ActionStore& actions, const TimeLimits& times,
                               const Spooling& spooling);

// Whether each deletion of kClear may stand there by that rule, or since it lies below a directory
// that becomes something else. Memory and errors as above.
Result<bool> may_go_first(const ActionStore& actions, const TimeLimits& times);

}  // namespace foldersync
