#include "cli/cycle/backups.h"

#include <cerrno>

#include "apply/backup/backup_prune.h"
#include "cli/console/console.h"
#include "cli/planning/plan_maker.h"
#include "cli/values/folders.h"
#include "fs/clock.h"
#include "fs/named_path.h"

namespace foldersync {

Status make_backup_folder(FileSystem& fs, const BackupOptions& options) {
  const std::string folder = absolute_if_named(options.folder);
  if (folder.empty()) return success();
  const auto place = find_named(fs, folder);
  if (place && place->status && place->status->is_directory()) return success();
  if (!place && place.error().code == ErrorCode::kRefused) return place.error();
  Status made = !place ? Status(place.error())
                : place->status || place->through_link
                    ? Status(system_error("mkdir", ENOTDIR))
                    : fs.make_directory(place->folder.get(), place->name.c_str(), kOwnerAll);
  if (made) return made;
  return refused_error("back up", "the backup folder (--backup-dir) can't be opened or made",
                       made.error().error_number)
      .at(folder);
}

std::optional<BackupOrder> backup_order(const BackupOptions& options, const std::string& identity) {
  if (!options.folder) return std::nullopt;
  const FileTime now = wall_clock_now();
  return BackupOrder{.folder = absolute_name(*options.folder),
                     .undo_id = make_plan_id(now),
                     .created = now,
                     .tool_version = FOLDERSYNC_VERSION,
                     .identity = identity};
}

std::string prune_backups(FileSystem& fs, const BackupOptions& options, const Root& replica,
                          const std::string& newest, const std::atomic<bool>& stop) {
  if (!options.keep) return {};
  const auto pruned = prune_backups(
      fs, PruneOrder{.folder = absolute_if_named(options.folder),
                     .replica = {.path = replica.path, .identity = replica.identity, .host = {}},
                     .keep = *options.keep,
                     .now = wall_clock_now(),
                     .spared = newest.substr(newest.rfind('/') + 1),
                     .stop = &stop});
  if (!pruned && pruned.error().code == ErrorCode::kStopped) return {};
  return pruned ? std::string() : "old backups could not be removed: " + describe(pruned.error());
}

}  // namespace foldersync
