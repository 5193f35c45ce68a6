#include "apply/opened_for_run.h"

#include <algorithm>
#include <utility>

namespace foldersync {

// CRASH: killed in between, it keeps u+rwx, and the record, or the next plan, gives it the mode.
void OpenedForRun::gets_mode(const Action& finish) {
  OpenedNotes* const notes = request_.replica.notes.get();
  if (notes == nullptr || !finish.after->mode) return;
  const RelPath& directory = finish.path;
  const auto has_it = [&](Looker& looker) {
    return looker.replica().opened_up().contains(directory);
  };
  if (own_.opened_up().contains(directory) ||
      std::any_of(lookers_.begin(), lookers_.end(), has_it)) {
    notes->forget(directory);
  }
}

void OpenedForRun::has_mode(const Action& finish) {
  if (!finish.after->mode) return;
  own_.opened_up().erase(finish.path);
  for (Looker& looker : lookers_) looker.replica().opened_up().erase(finish.path);
}

void OpenedForRun::moved(const RelPath& from, const RelPath& to) {
  own_.follow(from, to);
  for (Looker& looker : lookers_) looker.replica().follow(from, to);
}

AllOpenedUp OpenedForRun::take_all() {
  AllOpenedUp all = std::exchange(own_.opened_up(), {});
  for (Looker& looker : lookers_) all.merge(std::exchange(looker.replica().opened_up(), {}));
  return all;
}

void OpenedForRun::close_below_root() {
  AllOpenedUp all = take_all();
  auto root = all.extract(RelPath());
  tell(own_.close_again(std::move(all)));
  if (!root.empty()) own_.opened_up().insert(std::move(root));
}

void OpenedForRun::close_all() {
  tell(own_.close_again(take_all()));
  OpenedNotes* const notes = request_.replica.notes.get();
  if (notes != nullptr) notes->keep_only(own_.opened_up());
}

void OpenedForRun::tell(const std::vector<Error>& errors) {
  any_left_ = !errors.empty();
  for (const Error& error : errors) {
    if (told_.insert(error.path).second) request_.observer.warn(left_open(error));
  }
}

}  // namespace foldersync
