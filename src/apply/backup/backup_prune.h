// Removing backups that are older, or more, than a person wants to keep.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "apply/backup/backup_keep.h"
#include "core/file_time.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "plan/plan.h"

namespace foldersync {

struct PruneOrder {
  std::string folder;  // a path
  RootReference replica;
  BackupKeep keep;
  FileTime now;
  std::string spared;  // the name of the backup of this run: it counts as the newest, and stays
  const std::atomic<bool>* stop = nullptr;  // set by others: the rest stays, error kStopped
};

// Removes those of a backup folder that are the replica's, and says how many there were. Others may
// write in that folder: only what belongs to the caller, and nobody else can write, counts. What
// belongs to another replica, or is being written, does not count and stays: a run that was killed
// there may need it. What has no undo.json is none; if it is empty and a day old, it goes too.
Result<std::uint64_t> prune_backups(FileSystem& fs, const PruneOrder& order);

}  // namespace foldersync
