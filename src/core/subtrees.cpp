#include "core/subtrees.h"

#include <algorithm>
#include <utility>

namespace foldersync {

Subtrees::Subtrees(std::vector<RelPath> tops) : tops_(std::move(tops)) {
  std::sort(tops_.begin(), tops_.end());
  // In path order a subtree is one range that begins with its top, so that what lies in it follows
  // with nothing between.
  const auto is_in_the_last = [](const RelPath& last, const RelPath& next) {
    return next.is_within(last);
  };
  tops_.erase(std::unique(tops_.begin(), tops_.end(), is_in_the_last), tops_.end());
}

// As none lies in another, the last top that is not behind the path is the only one that can hold
// it.
bool Subtrees::hold(const RelPath& path) const {
  auto top = std::upper_bound(tops_.begin(), tops_.end(), path);
  return top != tops_.begin() && path.is_within(*--top);
}

}  // namespace foldersync
