// Executing a plan: look again, stage, rename, put metadata right, finish, purge; in windows.
#pragma once

#include <memory>

#include "apply/stage/request.h"
#include "core/file_system_limits.h"
#include "core/result.h"

namespace foldersync {

struct ApplyResult {
  FileSystemLimits limits = {};  // as they are known now
  bool stopped = false;
  bool rolled_back = false;    // of an atomic apply: nothing was changed
  bool xattrs_denied = false;  // some that the source has, for their size, say
  // Some metadata could not be set, and it is no limit of the file system.
  bool metadata_lost = false;
  // The staging folder is still there: what others wrote lies in its `conflict`, or it could not be
  // removed.
  bool staging_left = false;
  bool links_parted = false;  // names that the plan counted as unchanged need another plan
  bool times_moved = false;   // of folders that the plan says nothing of: likewise
  bool left_open = false;     // a directory that had to be opened up could not be closed again
  std::shared_ptr<Backup> backup = nullptr;  // what was kept; null: nothing was
  bool refused = false;  // nothing was done, because something was stale (refuse_stale)
};

// Reports every action of the plan exactly once, but for those that can't be read any more (then
// the answer is an error). An error is of the whole operation: the staging
// folder can't be made, say; kRefused: there is not enough space. Errors of one path are reported
// and the rest goes on; of an atomic apply, they end it and nothing is changed.
// Requires: recover() has brought to rest what a killed run left.
Result<ApplyResult> apply_plan(const ApplyRequest& request);

}  // namespace foldersync
