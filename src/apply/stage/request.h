// What is to be applied, and how.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "apply/look/report.h"
#include "apply/stage/staging_key.h"
#include "apply/stage/window_limits.h"
#include "core/file_time.h"
#include "filter/filter.h"
#include "fs/copy.h"
#include "fs/file_system.h"
#include "fs/file_under_way.h"
#include "plan/facts.h"
#include "plan/stored_plan.h"
#include "scan/readable_tree.h"
#include "scan/roots.h"

namespace foldersync {

// What a person asked for of a backup, and what identifies the undo that comes of it.
struct BackupOrder {
  std::string folder;   // absolute; made where its parent exists
  std::string undo_id;  // the plan_id of the undo
  FileTime created;
  std::string tool_version;
  std::string identity = {};  // which folder it has to be, see Root; empty: whichever is there
};

class Backup;

struct ApplyRequest {
  FileSystem& fs;                   // the replica's: all that is made is made by it
  const Root& source;               // what is known of it; all else is read through:
  const ReadableTree& source_tree;  // never enters the replica
  const Root& replica;              // the caller holds its lock
  const StoredPlan& plan;
  Policy policy;
  const Filter& filter;  // compiled from the plan's rules
  ApplyObserver& observer;
  StagingKeys& keys;
  std::size_t threads = 1;
  bool follow_source = false;  // the plan was made just now: mirror what the source has by now
  bool dry_run = false;        // check everything, change nothing
  bool atomic = false;         // all of it, or nothing
  bool durable = true;         // what is reported as done is on disk
  bool check_space = true;     // refuse what doesn't fit before anything is changed
  const std::atomic<bool>* stop = nullptr;
  // For whoever looks on; each may be null.
  ByteCounter* copied = nullptr;                     // of content, but for the file under way
  FileUnderWay* under_way = nullptr;                 // of large ones
  std::atomic<std::uint64_t>* prepared = nullptr;    // actions that were looked at, and staged
  std::optional<BackupOrder> backup = std::nullopt;  // keep what is replaced or deleted
  // That of an earlier plan of the same cycle: what this one does is kept there, too, where both
  // can be taken back together. May be null; goes on using the `fs` that it was begun with.
  std::shared_ptr<Backup> earlier_backup = nullptr;
  WindowLimits windows = {};
  bool refuse_stale = false;  // do nothing where a first look finds an action stale
  Pace* pace = nullptr;       // of all content that is copied; may be null
};

}  // namespace foldersync
