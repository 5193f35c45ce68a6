#include "apply/backup_prune.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "apply/backup.h"
#include "fs/directory_cursor.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

constexpr std::size_t kIdLength = 36;  // of a UUID as text
constexpr std::uint64_t kDayMilliseconds = 86'400'000;

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
  std::uint64_t milliseconds = 0;
  std::from_chars(digits.data(), digits.data() + 12, milliseconds, 16);
  return milliseconds;
}

// Whether everything in `directory` is gone; the directories that still hold something are added
// to `full`.
Status remove_entries(FileSystem& fs, int directory, const std::string& path,
                      std::vector<std::string>& full) {
  const auto self = fs.status(directory);
  if (!self) return self.error();
  if (const auto rewound = fs.seek(directory, 0, Seek::kStart); !rewound) return rewound.error();
  Listing listing;
  if (Status read = listing.read(fs, directory); !read) return read;
  for (const Listing::Entry& entry : listing.entries()) {
    if (entry.error_number != 0) return system_error("stat", entry.error_number);
    if (entry.status.mount != self->mount) {
      return Error{ErrorCode::kRefused, "remove", std::string(entry.name), 0,
                   "something is mounted in it: unmount it"};
    }
    const bool is_directory = entry.status.is_directory();
    Status removed = is_directory ? fs.remove_directory(directory, entry.name.data())
                                  : fs.remove_file(directory, entry.name.data());
    if (removed) continue;
    if (!is_directory || removed.error().error_number != ENOTEMPTY) return removed;
    full.push_back(path.empty() ? std::string(entry.name) : path + "/" + std::string(entry.name));
  }
  return success();
}

}  // namespace

std::optional<BackupKeep> parse_backup_keep(std::string_view text) {
  BackupKeep keep;
  keep.is_days = text.ends_with('d');
  if (keep.is_days) text.remove_suffix(1);
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), keep.amount);
  constexpr std::uint64_t kMost = 1'000'000;
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
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
  const std::uint64_t today =
      static_cast<std::uint64_t>(std::max<std::int64_t>(now.seconds, 0)) * 1000;
  std::erase_if(names, [&](const std::string& name) {
    return *time_of(name) + keep.amount * kDayMilliseconds >= today;
  });
  return names;
}

Result<std::uint64_t> prune_backups(FileSystem& fs, const std::string& folder, BackupKeep keep,
                                    FileTime now) {
  const auto directory = fs.open_root(folder.c_str());
  if (!directory) return Error(directory.error()).at(folder);
  Listing listing;
  if (Status read = listing.read(fs, directory->get()); !read) return std::move(read).error();
  std::vector<std::string> names;
  for (const Listing::Entry& entry : listing.entries()) {
    if (entry.error_number != 0 || !entry.status.is_directory()) continue;
    const auto backup = fs.open_directory(directory->get(), entry.name.data());
    if (backup && fs.status_at(backup->get(), kUndoFile)) names.emplace_back(entry.name);
  }
  const std::vector<std::string> gone = outdated_backups(std::move(names), keep, now);
  for (const std::string& name : gone) {
    if (Status removed = remove_tree(fs, directory->get(), name); !removed) {
      return std::move(removed).error().at(folder + "/" + name);
    }
  }
  return gone.size();
}

Status remove_tree(FileSystem& fs, int parent, const std::string& name) {
  {
    const auto root = fs.open_directory(parent, name.c_str());
    if (!root) return root.error();
    DirectoryCursor cursor(fs, root->get(), {}, descriptors_per_cursor(1));
    std::vector<std::string> pending{{}};
    while (!pending.empty()) {
      const std::string path = pending.back();
      const auto directory = cursor.enter(path);
      if (!directory) return directory.error();
      const std::size_t known = pending.size();
      if (Status removed = remove_entries(fs, *directory, path, pending); !removed) return removed;
      if (pending.size() > known) continue;  // once more, when those are gone
      pending.pop_back();
      if (path.empty()) break;
      const RelPath gone = RelPath::from_bytes(path);
      const auto above = cursor.enter(gone.parent_bytes());
      if (!above) return above.error();
      Status removed = fs.remove_directory(*above, std::string(gone.name()).c_str());
      if (!removed) return removed;
    }
  }
  return fs.remove_directory(parent, name.c_str());
}

}  // namespace foldersync
