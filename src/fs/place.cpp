#include "fs/place.h"

namespace foldersync {

Result<std::optional<FileStatus>> status_at(FileSystem& fs, const Place& place) {
  const auto found = fs.status_at(place.directory, place.name.c_str());
  if (found) return std::optional<FileStatus>(*found);
  if (found.error().error_number == ENOENT) return std::optional<FileStatus>();
  return found.error();
}

bool make_writable(FileSystem& fs, const Place& directory) {
  const auto entry = fs.open_entry(directory.directory, directory.name.c_str());
  const auto status = entry ? fs.status(entry->get()) : Result<FileStatus>(entry.error());
  return status && status->is_directory() &&
         fs.set_mode({entry->get(), true}, status->mode | kOwnerWrite);
}

Status rename_to(FileSystem& fs, const Place& from, const Place& to, RenameMode mode) {
  return fs.rename(from.directory, from.name.c_str(), to.directory, to.name.c_str(), mode);
}

}  // namespace foldersync
