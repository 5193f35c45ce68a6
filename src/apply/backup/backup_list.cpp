#include "apply/backup/backup_list.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <tuple>

#include "apply/backup/backup.h"
#include "apply/backup/backup_name.h"
#include "format/json.h"
#include "fs/copy.h"
#include "fs/named_path.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

// It has text where the backup was taken back.
constexpr const char* kUndoneNote = "undone";
constexpr const char* kGapNote = "gap";

// Whether the backup was made by this name. The folder that it lies in may have been moved.
bool is_made_as(const std::string& name, const RootReference& source) {
  return source.path.ends_with("/" + name + "/" + kBackupTree);
}

bool is_undone(FileSystem& fs, int backup) {
  const auto note = fs.status_at(backup, kUndoneNote);
  return is_callers_alone(note) && note->is_file() && note->size > 0;
}

bool has_gap(FileSystem& fs, int backup) {
  return is_callers_alone(fs.status_at(backup, kGapNote));
}

}  // namespace

bool is_callers_alone(const Result<FileStatus>& status) {
  return status && status->uid == ::geteuid() && (status->mode & kOthersWrite) == 0;
}

bool is_undo_of(FileSystem& fs, int backup, const std::string& name, const RootReference& replica) {
  const auto file = fs.open_file(backup, kUndoFile);
  if (!file) return false;
  const auto status = fs.status(file->get());
  if (!is_callers_alone(status) || !status->is_file() || status->links != 1) return false;
  const auto roots = read_roots(
      [&](std::span<char> buffer) { return fs.read(file->get(), std::as_writable_bytes(buffer)); });
  if (!roots || !is_made_as(name, roots->source)) return false;
  const RootReference& whose = roots->replica;
  return whose.identity.empty() ? whose.path == replica.path : whose.identity == replica.identity;
}

Result<std::vector<KeptBackup>> list_backups(FileSystem& fs, const std::string& folder,
                                             const RootReference& replica) {
  const auto directory = TRY(open_named_folder(fs, folder).at(folder));
  Listing listing;
  TRY(listing.read(fs, directory.get()).at(folder));
  std::vector<KeptBackup> backups;
  for (const ListedEntry& entry : listing.entries()) {
    if (entry.error_number != 0 || !entry.status.is_directory()) continue;
    const auto time = time_of_backup(entry.name);
    if (!time) continue;
    const std::string name(entry.name);
    const auto backup = fs.open_directory(directory.get(), name.c_str());
    if (!backup || !is_callers_alone(fs.status(backup->get()))) continue;
    if (!is_undo_of(fs, backup->get(), name, replica)) continue;
    backups.push_back({name, *time, is_undone(fs, backup->get()), has_gap(fs, backup->get())});
  }
  std::sort(backups.begin(), backups.end(), [](const KeptBackup& a, const KeptBackup& b) {
    return std::tie(a.time, a.name) < std::tie(b.time, b.name);
  });
  return backups;
}

Status note_gap(FileSystem& fs, int folder, const std::string& name) {
  const auto backup = TRY(fs.open_directory(folder, name.c_str()));
  if (!is_callers_alone(fs.status(backup.get()))) return success();
  const auto made = fs.create_file(backup.get(), kGapNote, kPrivate);
  if (!made && made.error().error_number != EEXIST) return made.error();
  return success();
}

// RACE: others may have given the name to something else since it was read; and a document can name
// any folder. So the folder is asked, by what is open; in one of the caller's alone nobody else
// puts anything.
Result<Fd> open_undone_note(FileSystem& fs, const std::string& backup,
                            const RootReference& replica) {
  const auto folder = TRY(open_named_folder(fs, backup).at(backup));
  const std::string own_name = backup.substr(backup.rfind('/') + 1);
  if (!is_callers_alone(fs.status(folder.get())) ||
      !is_undo_of(fs, folder.get(), own_name, replica)) {
    return changed_error("undo", "expected a backup of this replica that is your own").at(backup);
  }
  auto made = fs.create_file(folder.get(), kUndoneNote, kPrivate);
  if (!made && made.error().error_number == EEXIST) {
    made = fs.open_for_writing(folder.get(), kUndoneNote);
  }
  const std::string name = backup + "/" + kUndoneNote;
  if (!made) return std::move(made).at(name);
  const auto status = fs.status(made->get());
  if (is_callers_alone(status) && status->is_file() && status->links == 1) return made;
  return changed_error("undo", "expected a file of your own with one name").at(name);
}

Status note_undone(FileSystem& fs, int note, FileTime now) {
  return write_all(fs, note, "undone " + to_string(now) + "\n");
}

}  // namespace foldersync
