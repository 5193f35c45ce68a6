// Which entries of one tree a command looks at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "filter/filter.h"
#include "scan/roots.h"

namespace foldersync {

struct Scope {
  Filter filter;
  bool one_file_system;
  std::vector<std::string> own;  // as place_own_files has it

  // Of the tree at `root`.
  [[nodiscard]] bool admits(std::string_view directory, std::string_view name,
                            const FileStatus& status, const Root& root) const;
};

}  // namespace foldersync
