// What lies in a replica under the names of staging folders: what killed runs left below its root,
// and what is none of ours.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "apply/stage/staging_key.h"
#include "core/path.h"
#include "core/result.h"
#include "scan/roots.h"

namespace foldersync {

// What lies in the replica under a name of staging folders, and can't be shown to be one of ours.
struct Unproven {
  RelPath path;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;    // of the files in it
  std::uint64_t entries = 0;  // in it
  bool is_counted = true;     // false: there is more in it, or some of it can't be read
};

struct Leftovers {
  bool cleared = false;  // something was removed: plan again, directories have another time
  std::vector<Unproven> unproven;
  std::vector<Error> stuck;  // ours, and could not be removed: what is left of them stays
};

// Looks through the whole replica for such names. What can't be read has none. Error kStopped:
// `stop` was set.
Result<std::vector<RelPath>> find_leftovers(const Root& replica, const std::atomic<bool>& stop);

// Of what a walk has found under the names of staging folders: removes those that killed runs left
// below the replica's root, and looks at what is none of ours. Requires: the caller holds the
// replica's lock. Errors: kLocked where one belongs to a run that is under way; kStopped: `stop`
// was set.
Result<Leftovers> clear_leftovers(const Root& replica, StagingKeys& keys,
                                  const std::vector<RelPath>& found, const std::atomic<bool>& stop);

// Removes what has such a name and is not proven to be ours, as a person has asked for. Never
// enters another mount. The answer: why some stay, one error each, with its path; whoever owns the
// folder above one decides whether it can be removed, and that keeps none of the others. Error
// kStopped: `stop` was set.
Result<std::vector<Error>> discard(const Root& replica, const std::vector<Unproven>& unproven,
                                   const std::atomic<bool>& stop);

}  // namespace foldersync
