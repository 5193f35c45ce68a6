#include "apply/backup/backup_prune.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "apply/backup/backup.h"
#include "apply/stage/remove_tree.h"
#include "core/parts.h"
#include "format/json.h"
#include "fs/named_path.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

constexpr std::size_t kIdLength = 36;  // of a UUID as text
constexpr std::uint64_t kDayMilliseconds = 86'400'000;

std::uint64_t milliseconds_of(FileTime time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.seconds, 0)) * 1000;
}

// When the plan was made, in milliseconds since 1970, by the id of version 7 that the name begins
// with; nothing where it begins otherwise.
std::optional<std::uint64_t> time_of(std::string_view name) {
  if (name.size() < kIdLength || name[8] != '-' || name[13] != '-' || name[14] != '7' ||
      name[18] != '-' || name[23] != '-') {
    return std::nullopt;
  }
  const std::string_view number = name.substr(kIdLength);
  if (!number.empty() && (number[0] != '.' || number.size() < 2 ||
                          number.find_first_not_of("0123456789", 1) != std::string_view::npos)) {
    return std::nullopt;
  }
  std::string digits(name.substr(0, kIdLength));
  std::erase(digits, '-');
  if (digits.size() != 32 || digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return std::nullopt;
  }
  return number_in<std::uint64_t>(std::string_view(digits).substr(0, 12), 16);
}

// A run that was killed before it had a backup to speak of leaves an empty one. A day later no run
// is about to fill it.
void remove_if_abortive(FileSystem& fs, int folder, int backup, const std::string& name,
                        FileTime now) {
  const auto made = time_of(name);
  if (!made || *made + kDayMilliseconds >= milliseconds_of(now)) return;
  // Where something lies in them they stay.
  (void)fs.remove_directory(backup, kBackupTree);
  (void)fs.remove_directory(folder, name.c_str());
}

// Whether a run is writing it: see Backup. Where there are no locks nobody can tell.
bool is_in_use(FileSystem& fs, int backup) {
  const Status locked = fs.lock(backup);
  return !locked && locked.error().error_number == EWOULDBLOCK;
}

// What others could have made or changed proves nothing.
bool is_ours_alone(const Result<FileStatus>& status) {
  return status && status->uid == ::geteuid() && (status->mode & kOthersWrite) == 0;
}

// Whether the backup was made by this name: by it others could make it older than the rest. The
// folder that it lies in may have been moved.
bool is_made_as(const std::string& name, const RootReference& source) {
  return source.path.ends_with("/" + name + "/" + kBackupTree);
}

// Whether its undo is ours, and about the replica. One that was made together with the replica does
// not know which folder that became.
bool is_undo_of(FileSystem& fs, int backup, const std::string& name, const RootReference& replica) {
  const auto file = fs.open_file(backup, kUndoFile);
  if (!file) return false;
  const auto status = fs.status(file->get());
  if (!is_ours_alone(status) || !status->is_file() || status->links != 1) return false;
  const auto roots = read_roots(
      [&](std::span<char> buffer) { return fs.read(file->get(), std::as_writable_bytes(buffer)); });
  if (!roots || !is_made_as(name, roots->source)) return false;
  const RootReference& whose = roots->replica;
  return whose.identity.empty() ? whose.path == replica.path : whose.identity == replica.identity;
}

// RACE: who may write in the folder may have given the name to something else since it was looked
// at. So what is emptied is asked once more, by what is open, and the name goes only if it is
// empty.
Status remove_backup(FileSystem& fs, int folder, const std::string& name, const PruneOrder& order) {
  const auto backup = TRY(fs.open_directory(folder, name.c_str()));
  if (!is_ours_alone(fs.status(backup.get())) ||
      !is_undo_of(fs, backup.get(), name, order.replica)) {
    return changed_error("remove", "somebody has put something else there");
  }
  const WindUp at_once(order.stop, 0);
  TRY(empty_directory(fs, backup.get(), {}, &at_once));
  return fs.remove_directory(folder, name.c_str());
}

}  // namespace

std::optional<BackupKeep> parse_backup_keep(std::string_view text) {
  BackupKeep keep;
  keep.is_days = text.ends_with('d');
  if (keep.is_days) text.remove_suffix(1);
  keep.amount = number_in<std::uint64_t>(text).value_or(0);
  constexpr std::uint64_t kMost = 1'000'000;
  if (keep.amount < 1 || keep.amount > kMost) return std::nullopt;
  return keep;
}

std::vector<std::string> outdated_backups(std::vector<std::string> names, BackupKeep keep,
                                          FileTime now) {
  std::erase_if(names, [](const std::string& name) { return !time_of(name); });
  std::sort(names.begin(), names.end());
  if (!keep.is_days) {
    const auto most = static_cast<std::size_t>(keep.amount);
    names.resize(names.size() > most ? names.size() - most : 0);
    return names;
  }
  const std::uint64_t today = milliseconds_of(now);
  std::erase_if(names, [&](const std::string& name) {
    return *time_of(name) + keep.amount * kDayMilliseconds >= today;
  });
  return names;
}

Result<std::uint64_t> prune_backups(FileSystem& fs, const PruneOrder& order) {
  const auto directory = TRY(open_named_folder(fs, order.folder).at(order.folder));
  Listing listing;
  TRY(listing.read(fs, directory.get()));
  std::vector<std::string> names;
  for (const ListedEntry& entry : listing.entries()) {
    if (entry.error_number != 0 || !entry.status.is_directory()) continue;
    if (!time_of(entry.name) || entry.name == order.spared) continue;
    const auto backup = fs.open_directory(directory.get(), entry.name.data());
    if (!backup || !is_ours_alone(fs.status(backup->get())) || is_in_use(fs, backup->get())) {
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
  BackupKeep keep = order.keep;
  if (!keep.is_days && !order.spared.empty()) --keep.amount;
  const std::vector<std::string> gone = outdated_backups(std::move(names), keep, order.now);
  for (const std::string& name : gone) {
    TRY(remove_backup(fs, directory.get(), name, order).at(order.folder + "/" + name));
  }
  return gone.size();
}

}  // namespace foldersync
