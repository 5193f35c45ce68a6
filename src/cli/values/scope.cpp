#include "cli/values/scope.h"

#include <algorithm>

namespace foldersync {
namespace {

// Whether it is the state or what is being written.
bool is_own(const std::vector<std::string>& own, std::string_view directory,
            std::string_view name) {
  if (own.empty()) return false;
  const std::string path =
      directory.empty() ? std::string(name) : std::string(directory) + "/" + std::string(name);
  return std::find(own.begin(), own.end(), path) != own.end();
}

}  // namespace

Admits Scope::in(const Root& root) const {
  return
      [this, &root](std::string_view directory, std::string_view name, const FileStatus& status) {
        if (is_staging_name(name) || is_own(own, directory, name)) return false;
        if (one_file_system && status.mount != root.status.mount) return false;
        return filter.empty() || !(filter.excludes(directory, name, status.is_directory()) ||
                                   filter.excludes_file(status));
      };
}

}  // namespace foldersync
