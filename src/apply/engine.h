// Executing a plan: look again, stage, rename, put metadata right, finish, purge; in windows.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apply/backup.h"
#include "apply/report.h"
#include "apply/window_limits.h"
#include "core/file_system_limits.h"
#include "core/result.h"
#include "fs/copy.h"
#include "fs/file_system.h"
#include "plan/document.h"
#include "plan/facts.h"
#include "plan/filter.h"
#include "plan/stored_plan.h"
#include "scan/roots.h"

namespace foldersync {

struct ApplyRequest {
  FileSystem& fs;
  const Root& source;
  const Root& replica;  // the caller holds its lock
  const StoredPlan& plan;
  Policy policy;
  const Filter& filter;  // compiled from the plan's rules
  ApplyObserver& observer;
  std::size_t threads = 1;
  bool follow_source = false;  // the plan was made just now: mirror what the source has by now
  bool dry_run = false;        // check everything, change nothing
  bool atomic = false;         // all of it, or nothing
  bool durable = true;         // what is reported as done is on disk
  bool check_space = true;     // refuse what doesn't fit before anything is changed
  const std::atomic<bool>* stop = nullptr;
  ByteCounter* copied = nullptr;
  std::optional<BackupOrder> backup = std::nullopt;  // keep what is replaced or deleted
  WindowLimits windows = {};
  bool refuse_stale = false;  // do nothing where a first look finds an action stale
  Pace* pace = nullptr;       // of all content that is copied; may be null
};

struct ApplyResult {
  FileSystemLimits limits;  // as they are known now
  bool stopped = false;
  bool rolled_back = false;     // of an atomic apply: nothing was changed
  bool xattrs_refused = false;  // some that the source has, for their size, say
  // The staging folder is still there: what others wrote lies in its `conflict`, or it could not be
  // removed.
  bool staging_left = false;
  std::string backup;    // the folder with what was kept; empty: there is none
  bool refused = false;  // nothing was done, because something was stale (refuse_stale)
};

// Reports every action of the plan exactly once, but for those that can't be read any more (then
// the answer is an error). An error is of the whole operation: the staging
// folder can't be made, say; kRefused: there is not enough space. Errors of one path are reported
// and the rest goes on; of an atomic apply, they end it and nothing is changed.
// Requires: recover() has brought to rest what a killed run left.
Result<ApplyResult> apply_plan(const ApplyRequest& request);

}  // namespace foldersync
