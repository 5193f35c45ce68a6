#include "fs/place.h"

#include <cerrno>

namespace foldersync {

Result<std::optional<FileStatus>> status_at(FileSystem& fs, const Place& place) {
  const auto found = fs.status_at(place.directory, place.name.c_str());
  if (found) return std::optional<FileStatus>(*found);
  if (found.error().error_number == ENOENT) return std::optional<FileStatus>();
  return found.error();
}

Status rename_to(FileSystem& fs, const Place& from, const Place& to, RenameMode mode) {
  return fs.rename(from.directory, from.name.c_str(), to.directory, to.name.c_str(), mode);
}

}  // namespace foldersync
