#include "scan/openings.h"

#include <utility>

#include "fs/directory_cursor.h"
#include "fs/privilege.h"

namespace foldersync {

void Openings::open_up(const RelPath& directory) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(is_asked_, true) && !may_read_everything()) {
    access_.emplace(*replica_.fs, replica_.fd.get(), CursorRules{}, descriptors_per_cursor(8));
    access_->note_in(replica_.notes.get());
  }
  if (access_) (void)access_->open_up(directory);
}

bool Openings::has_opened(const RelPath& directory) {
  const std::lock_guard lock(mutex_);
  return access_ && access_->loosened().contains(directory);
}

std::vector<Error> Openings::close_all() {
  const std::lock_guard lock(mutex_);
  if (!access_ || access_->loosened().empty()) return {};
  auto errors = access_->close_again(std::exchange(access_->loosened(), {}));
  if (replica_.notes) replica_.notes->keep_only(access_->loosened());
  return errors;
}

}  // namespace foldersync
