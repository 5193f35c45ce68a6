#include "scan/opened_for_plan.h"

#include <utility>

#include "fs/directory_cursor.h"
#include "fs/privilege.h"

namespace foldersync {

void OpenedForPlan::open_up(const RelPath& directory) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(is_asked_, true) && !may_read_everything()) {
    access_.emplace(*replica_.fs, replica_.fd.get(), CursorRules{}, descriptors_per_cursor(8));
    access_->note_in(replica_.notes.get());
  }
  if (access_) (void)access_->open_up(directory);
}

bool OpenedForPlan::has_opened(const RelPath& directory) {
  const std::lock_guard lock(mutex_);
  return access_ && access_->opened_up().contains(directory);
}

std::vector<Error> OpenedForPlan::close_own() {
  const std::lock_guard lock(mutex_);
  if (!access_ || access_->opened_up().empty()) return {};
  const AllOpenedUp opened = std::exchange(access_->opened_up(), {});
  auto errors = access_->close_again(opened);
  for (const auto& [path, opened_up] : opened) {
    if (replica_.notes && !access_->opened_up().contains(path)) replica_.notes->forget(path);
  }
  return errors;
}

std::vector<Error> OpenedForPlan::close_all() {
  const std::lock_guard lock(mutex_);
  if (!access_ || access_->opened_up().empty()) return {};
  auto errors = access_->close_again(std::exchange(access_->opened_up(), {}));
  if (replica_.notes) replica_.notes->keep_only(access_->opened_up());
  return errors;
}

}  // namespace foldersync
