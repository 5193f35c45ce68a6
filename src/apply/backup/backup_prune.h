// Removing backups that are older, or more, than a person wants to keep.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_time.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "plan/plan.h"

namespace foldersync {

// So many of the newest, or what is at most so many days old.
struct BackupKeep {
  std::uint64_t amount = 0;
  bool is_days = false;
};
// "5" or "30d", at least 1; nothing where it is neither.
std::optional<BackupKeep> parse_backup_keep(std::string_view text);

// Which of the names are backups that may go, the oldest first. A backup's name is the id of its
// plan, which begins with its time. Pure.
std::vector<std::string> outdated_backups(std::vector<std::string> names, BackupKeep keep,
                                          FileTime now);

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
