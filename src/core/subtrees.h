// Several subtrees of one tree.
#pragma once

#include <vector>

#include "core/path.h"

namespace foldersync {

// To be asked for many paths whether one of the subtrees holds them: each costs a binary search.
class Subtrees {
 public:
  Subtrees() = default;
  // What they begin with: in any order, some may lie in others, or be there twice.
  explicit Subtrees(std::vector<RelPath> tops);

  [[nodiscard]] bool is_empty() const { return tops_.empty(); }
  // Whether the path is one that a subtree begins with, or lies below one.
  [[nodiscard]] bool hold(const RelPath& path) const;

 private:
  std::vector<RelPath> tops_;  // in path order; none lies in another
};

}  // namespace foldersync
