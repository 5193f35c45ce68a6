// The lock of a replica: only one run at a time may work on it. It dies with the process.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "fs/file_system.h"
#include "scan/roots.h"

namespace foldersync {

enum class LockKind : std::uint8_t {
  kReplica,  // the folder itself: nobody else on this machine can lock it
  kStandIn,  // a file in the state folder: seen only by runs that use the same state folder
};

// Takes the lock that only one run may hold of a replica, without waiting. Where its file system
// knows no locks, a file `locks/NAME` in `state_folder`, named after the replica's identity, is
// locked in its place and held by `replica`.
// Error kLocked: another run holds it; kRefused: neither can be locked. Requires: `state_folder`
// exists, or is empty where there is none.
Result<LockKind> lock_replica(FileSystem& fs, Root& replica, const std::string& state_folder);

// After kLocked: the same error with all that can be known of the other run.
Error locked_out(FileSystem& fs, const Root& replica);

}  // namespace foldersync
