// Which things of a row are left, where one after the other is dropped.
#pragma once

#include <cstddef>
#include <numeric>
#include <vector>

namespace foldersync {

// To go over the row again and again costs no more for what was dropped than going over it once
// does, nearly: each question shortens the way for the next.
class WhatIsLeft {
 public:
  explicit WhatIsLeft(std::size_t count) : next_(count + 1) {
    std::iota(next_.begin(), next_.end(), std::size_t{0});
  }

  // Requires: at < count.
  void drop(std::size_t at) { next_[at] = at + 1; }

  // The first place from `at` on that was not dropped, or the count. Requires: at <= count.
  [[nodiscard]] std::size_t from(std::size_t at) {
    while (next_[at] != at) {
      next_[at] = next_[next_[at]];
      at = next_[at];
    }
    return at;
  }

 private:
  std::vector<std::size_t> next_;  // where to look on; of what is left, and of the end: itself
};

}  // namespace foldersync
