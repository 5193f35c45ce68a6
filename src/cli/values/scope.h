// Which entries of one tree a command looks at.
#pragma once

#include <string>
#include <vector>

#include "filter/filter.h"
#include "scan/inventory.h"
#include "scan/roots.h"

namespace foldersync {

struct Scope {
  Filter filter;
  bool one_file_system;
  std::vector<std::string> own;  // as place_own_files has it

  // Of the tree at `root`; both outlive the answer.
  [[nodiscard]] Admits in(const Root& root) const;
};

}  // namespace foldersync
