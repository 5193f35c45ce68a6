// A place between the files of a tree.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/path.h"

namespace foldersync {

// A place in the order in which trees are read: a directory's names first, in byte order, and then
// what is below its directories, in the same order.
struct TreePosition {
  // As `last`: the directory itself is done, and none of its names, all of which are greater.
  static constexpr std::string_view kItself{"\0", 1};

  RelPath directory;
  std::string last;  // the last of its names that is done; empty: nothing is

  friend std::strong_ordering operator<=>(const TreePosition&, const TreePosition&) = default;
};

}  // namespace foldersync
