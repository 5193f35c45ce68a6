#include "apply/discards.h"

#include <algorithm>
#include <utility>

namespace foldersync {

Discards::Discards(const Job& job, Conflicts& conflicts)
    : job_(job),
      conflicts_(conflicts),
      nested_(job.request.fs, job.area, job.request.replica.identity, job.request.policy.as_root) {}

// False where the run was told to stop and that would have taken long.
Result<bool> Discards::remove(const std::vector<Discarded>& gone,
                              const std::vector<DoomedTree>& trees) {
  const ApplyRequest& request = job_.request;
  const Purged purged = foldersync::purge({request.fs, gone, trees, request.threads, job_.wind_up});
  Status kept = success();
  // Filled by others between the look and now.
  for (const Place& filled : purged.filled) {
    if (const auto moved = conflicts_.keep(filled); !moved) kept = moved.error();
  }
  TRY(kept);
  if (purged.why) return *purged.why;
  return purged.is_complete;
}

std::set<std::string> Discards::files() const {
  std::set<std::string> names;
  for (const Discarded& gone : displaced_) {
    if (!gone.is_directory) names.insert(gone.place.name);
  }
  return names;
}

Status Discards::purge_nested() {
  if (nested_.empty()) return success();
  TRY(keep_());
  const std::vector<int> folders = nested_.folders();
  const auto lies_in_root = [&](const Discarded& gone) {
    return std::find(folders.begin(), folders.end(), gone.place.directory) == folders.end();
  };
  const auto first = std::stable_partition(displaced_.begin(), displaced_.end(), lies_in_root);
  const auto discarded = remove({first, displaced_.end()}, {});
  displaced_.erase(first, displaced_.end());
  // What is left goes with its folder, unless it could not be put aside.
  if (!discarded || !nested_.remove_all()) leaves_nested_ = true;
  nested_.forget();
  return success();
}

Result<bool> Discards::purge() {
  return remove(std::exchange(displaced_, {}), std::exchange(trees_, {}));
}

void Discards::forget() {
  displaced_.clear();
  trees_.clear();
}

}  // namespace foldersync
