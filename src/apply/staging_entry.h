// The staging area of a run: how it is come by, and what is removed of an earlier one's.
#pragma once

#include <cstddef>

#include "apply/staging_area.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "scan/roots.h"

namespace foldersync {

// Opens or makes it, where needed in a read-only root of the caller's own, which is opened up for
// its owner. `max_open`: descriptors for the way into the replica. Error kRefused: the replica
// can't be written.
Result<StagingArea> open_staging_area(FileSystem& fs, const Root& replica, bool as_root,
                                      std::size_t max_open);

// Removes the partial copies of a killed run, for which there is no use any more; false where
// something is left.
bool drop_partial_copies(FileSystem& fs, const Root& replica);

}  // namespace foldersync
