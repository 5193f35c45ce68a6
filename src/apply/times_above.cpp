#include "apply/times_above.h"

#include <algorithm>

#include "core/file_time.h"

namespace foldersync {

void TimesAbove::note(const std::set<RelPath>& changed) {
  for (const RelPath& directory : changed) {
    if (directory.is_root()) continue;
    for (RelPath above = directory.parent(); !above.is_root(); above = above.parent()) {
      if (!above_.insert(above).second) break;  // and so are those above it
    }
  }
}

bool TimesAbove::have_moved(Looker& looker, const Policy& policy) const {
  if (!policy.gives_time(FileType::kDirectory)) return false;
  return std::any_of(above_.begin(), above_.end(), [&](const RelPath& path) {
    const auto source = looker.source_status(path);
    const auto replica = looker.replica_status(path);
    const bool are_there = source && *source && replica && *replica;
    if (!are_there || !(*source)->is_directory() || !(*replica)->is_directory()) return false;
    return stored_as((*source)->mtime, policy.limits.times) !=
           stored_as((*replica)->mtime, policy.limits.times);
  });
}

}  // namespace foldersync
