#include "apply/backup/backup_prune.h"

#include <cerrno>
#include <string_view>

#include "apply/backup/backup.h"
#include "apply/backup/backup_list.h"
#include "apply/backup/backup_name.h"
#include "apply/stage/remove_tree.h"
#include "fs/named_path.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

constexpr double kDaySeconds = 86'400;

// A run that was killed before it had a backup to speak of leaves an empty one. A day later no run
// is about to fill it.
void remove_if_abortive(FileSystem& fs, int folder, int backup, const std::string& name,
                        FileTime now) {
  const auto made = time_of_backup(name);
  if (!made || later_by(*made, kDaySeconds) >= now) return;
  // Where something lies in them they stay.
  (void)fs.remove_directory(backup, kBackupTree);
  (void)fs.remove_directory(folder, name.c_str());
}

// Whether a run is writing it: see Backup. Where there are no locks nobody can tell.
bool is_in_use(FileSystem& fs, int backup) {
  const Status locked = fs.lock(backup);
  return !locked && locked.error().error_number == EWOULDBLOCK;
}

// RACE: who may write in the folder may have given the name to something else since it was looked
// at. So what is emptied is asked once more, by what is open, and the name goes only if it is
// empty.
Status remove_backup(FileSystem& fs, int folder, const std::string& name, const PruneOrder& order) {
  const auto backup = TRY(fs.open_directory(folder, name.c_str()));
  if (!is_callers_alone(fs.status(backup.get())) ||
      !is_undo_of(fs, backup.get(), name, order.replica)) {
    return changed_error("remove", "somebody has put something else there");
  }
  const WindUp at_once(order.stop, 0);
  TRY(empty_directory(fs, backup.get(), {}, &at_once));
  return fs.remove_directory(folder, name.c_str());
}

}  // namespace

Result<std::uint64_t> prune_backups(FileSystem& fs, const PruneOrder& order) {
  const auto directory = TRY(open_named_folder(fs, order.folder).at(order.folder));
  Listing listing;
  TRY(listing.read(fs, directory.get()));
  std::vector<std::string> names;
  for (const ListedEntry& entry : listing.entries()) {
    if (entry.error_number != 0 || !entry.status.is_directory()) continue;
    if (!time_of_backup(entry.name) || entry.name == order.spared) continue;
    const auto backup = fs.open_directory(directory.get(), entry.name.data());
    if (!backup || !is_callers_alone(fs.status(backup->get())) || is_in_use(fs, backup->get())) {
      continue;
    }
    const auto undo = fs.status_at(backup->get(), kUndoFile);
    const std::string name(entry.name);
    if (is_undo_of(fs, backup->get(), name, order.replica)) {
      names.push_back(name);
    } else if (!undo && undo.error().error_number == ENOENT) {
      remove_if_abortive(fs, directory.get(), backup->get(), name, order.now);
    }
  }
  const std::vector<std::string> gone =
      outdated_backups(names, order.keep, order.now, order.spared);
  // CRASH: killed in here, it is told of a gap where there is none yet.
  for (const std::string& name : behind_a_gap(names, gone, order.spared)) {
    TRY(note_gap(fs, directory.get(), name).at(order.folder + "/" + name));
  }
  for (const std::string& name : gone) {
    TRY(remove_backup(fs, directory.get(), name, order).at(order.folder + "/" + name));
  }
  return gone.size();
}

}  // namespace foldersync
