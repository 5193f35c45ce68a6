// The staging area of a run: how it is come by, and how it ends.
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
// caller's own, which is opened up for its owner and listed in `opened_up` then. `max_open`:
// descriptors for the way into the replica. Error kRefused: the replica can't be written.
Result<StagingArea> open_staging_area(const ApplyRequest& request, std::size_t max_open,
                                      AllOpenedUp& opened_up);

// The windows in which the plan fits, or its own where the space is not to be checked; copies that
// a killed run left go where there are none. Error kRefused: it doesn't fit all the same.
Result<WindowLimits> make_room(const ApplyRequest& request);

// What a run has left in it.
struct AreaContents {
  bool strands_others = false;  // what others wrote, where the folder's removal would take it along
  bool has_old = false;         // what was replaced or deleted, which would take long to remove
  bool has_nested = false;     // there are staging folders below the root that could not be removed
  bool keeps_partial = false;  // partial copies are for the next run
};

// Removes it, and gives the root the time that it had before, where nothing was changed. False: it
// stays, which was told unless it is for something that was put aside.
bool end_area(const ApplyRequest& request, StagingArea& area, const AreaContents& contents);

// Where a replica's staging folder lies, and who knows its key.
struct AreaHome {
  FileSystem& fs;
  const Root& replica;
  StagingKeys& keys;
};
// Removes the folder, gives the root the time that it had before, where nothing was changed, and
// ends the key, unless the folder has others below it. Of `contents` only the last two count. The
// answer is that of StagingArea::remove().
Result<bool> remove_area(const AreaHome& home, StagingArea& area, const AreaContents& contents);

// Removes the partial copies of a killed run, for which there is no use any more; false where
// something is left.
bool drop_partial_copies(const ApplyRequest& request);

}  // namespace foldersync
