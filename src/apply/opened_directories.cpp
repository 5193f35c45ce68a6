#include "apply/opened_directories.h"

#include <algorithm>
#include <utility>

namespace foldersync {

// CRASH: killed in between, it keeps u+rwx, and the record, or the next plan, gives it the mode.
void OpenedDirectories::gets_mode(const RelPath& directory) {
  OpenedNotes* const notes = request_.replica.notes.get();
  if (notes == nullptr || request_.policy.fields.no_perms) return;
  const auto has_it = [&](Looker& looker) {
    return looker.replica().loosened().contains(directory);
  };
  if (own_.loosened().contains(directory) ||
      std::any_of(lookers_.begin(), lookers_.end(), has_it)) {
    notes->forget(directory);
  }
}

void OpenedDirectories::has_mode(const RelPath& directory) {
  if (request_.policy.fields.no_perms) return;  // it has got no mode
  own_.loosened().erase(directory);
  for (Looker& looker : lookers_) looker.replica().loosened().erase(directory);
}

AllLoosened OpenedDirectories::take_all() {
  AllLoosened all = std::exchange(own_.loosened(), {});
  for (Looker& looker : lookers_) all.merge(std::exchange(looker.replica().loosened(), {}));
  return all;
}

void OpenedDirectories::close_below_root() {
  AllLoosened all = take_all();
  auto root = all.extract(RelPath());
  tell(own_.close_again(std::move(all)));
  if (!root.empty()) own_.loosened().insert(std::move(root));
}

void OpenedDirectories::close_all() {
  tell(own_.close_again(take_all()));
  OpenedNotes* const notes = request_.replica.notes.get();
  if (notes != nullptr) notes->keep_only(own_.loosened());
}

void OpenedDirectories::tell(const std::vector<Error>& errors) {
  any_left_ = !errors.empty();
  for (const Error& error : errors) {
    if (told_.insert(error.path).second) request_.observer.warn(left_open(error));
  }
}

}  // namespace foldersync
