// The staging area of a run: how it is come by, and what is removed of an earlier one's.
#pragma once

#include <cstddef>

#include "apply/stage/request.h"
#include "apply/stage/staging_area.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/replica_access.h"
#include "scan/roots.h"

namespace foldersync {

// Goes on with that of an earlier run, or makes one.
struct AreaRequest {
  FileSystem& fs;
  const Root& replica;
  StagingKeys& keys;
  bool as_root;
  bool durable;
};
Result<StagingArea> find_or_make_area(const AreaRequest& request);

// Goes on with that of an earlier run, or makes one, where needed in a read-only root of the
// caller's own, which is opened up for its owner and listed in `loosened` then. `max_open`:
// descriptors for the way into the replica. Error kRefused: the replica can't be written.
Result<StagingArea> open_staging_area(const ApplyRequest& request, std::size_t max_open,
                                      AllLoosened& loosened);

// The windows in which the plan fits, or its own where the space is not to be checked; copies that
// a killed run left go where there are none. Error kRefused: it doesn't fit all the same.
Result<WindowLimits> make_room(const ApplyRequest& request);

// Removes the partial copies of a killed run, for which there is no use any more; false where
// something is left.
bool drop_partial_copies(const ApplyRequest& request);

// These end a run that keeps its record, so that the next one goes on from it.
// What others wrote in the middle of the run has no place yet.
Error can_not_put_aside();
// What was to be removed stays, and may hold something of others. `why`: what failed. Without a
// record the next run would not know of it.
Error can_not_purge(Error why, bool is_recorded);

}  // namespace foldersync
