#include "cli/backups.h"

#include <filesystem>

#include "apply/backup/backup_prune.h"
#include "cli/console.h"
#include "cli/folders.h"
#include "cli/plan_maker.h"
#include "fs/clock.h"

namespace foldersync {

Status make_backup_folder(FileSystem& fs, const BackupOptions& options) {
  const std::string folder = absolute_if_named(options.folder);
  if (folder.empty() || fs.open_root(folder.c_str())) return success();
  std::filesystem::path path = folder;
  if (!path.has_filename()) path = path.parent_path();  // it ends with a slash
  const auto parent = fs.open_root(path.parent_path().c_str());
  Status made = parent ? fs.make_directory(parent->get(), path.filename().c_str(), 0700)
                       : Status(parent.error());
  if (made) return made;
  return Error{ErrorCode::kRefused, "back up", folder, made.error().error_number,
               "the backup folder (--backup-dir) can't be opened or made"};
}

std::optional<BackupOrder> backup_order(const BackupOptions& options) {
  if (!options.folder) return std::nullopt;
  const FileTime now = wall_clock_now();
  return BackupOrder{.folder = absolute_name(*options.folder),
                     .undo_id = make_plan_id(now),
                     .created = now,
                     .tool_version = FOLDERSYNC_VERSION};
}

std::string prune_backups(FileSystem& fs, const BackupOptions& options, const Root& replica) {
  if (!options.keep) return {};
  const auto pruned =
      prune_backups(fs, absolute_if_named(options.folder),
                    {.path = replica.path, .identity = replica.identity, .host = {}}, *options.keep,
                    wall_clock_now());
  return pruned ? std::string() : "old backups could not be removed: " + describe(pruned.error());
}

}  // namespace foldersync
