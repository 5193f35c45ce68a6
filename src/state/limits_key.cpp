#include "state/limits_key.h"

namespace foldersync {

std::optional<std::string> limits_key(FileSystem& fs, int fd, const std::string& file_system) {
  if (file_system.starts_with("uuid:")) return file_system;
  const auto mounted = fs.mounted_as(fd);
  if (!mounted) return std::nullopt;
  return file_system + " " + *mounted;
}

}  // namespace foldersync
