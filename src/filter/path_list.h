// A list of paths that take part, and nothing else does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/path.h"

namespace foldersync {

// A line of a list that is no path below the source.
struct BrokenPath {
  std::size_t number = 0;  // counted from 1
  std::string line;
};

// Immutable once made; any number of threads may ask at a time.
class PathList {
 public:
  // The paths of a text: one a line ("\n" or "\r\n"), or ended by NUL bytes where there is one in
  // it (find -print0). Empty lines, "./" at the start and "/" at the end are taken off. Nothing is
  // a comment or a pattern. The first line that is no path (absolute, or with a ".."), or nothing.
  std::optional<BrokenPath> read(std::string_view text);

  void add(const RelPath& path);

  [[nodiscard]] std::size_t size() const { return paths_.size(); }

  // Whether an entry takes part: it is in the list, lies below one that is, or leads to one.
  [[nodiscard]] bool holds(const RelPath& path) const;

 private:
  void put_in_order();
  [[nodiscard]] bool is_listed(std::string_view path) const;

  std::vector<std::string> paths_;  // ascending, each once; "" is the root and all that it holds
};

}  // namespace foldersync
