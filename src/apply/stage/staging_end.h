// The end of a replica's staging folder.
#pragma once

#include "apply/stage/request.h"
#include "apply/stage/staging_area.h"

namespace foldersync {

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
