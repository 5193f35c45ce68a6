#include "apply/stage/limit_book.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace foldersync {

FileSystemLimits LimitBook::limits() const {
  const std::lock_guard lock(mutex_);
  return limits_;
}

// Requires: mutex_ is held.
void LimitBook::tell(std::string sentence) {
  if (std::find(told_.begin(), told_.end(), sentence) != told_.end()) return;
  told_.push_back(sentence);
  news_.push_back(std::move(sentence));
}

void LimitBook::saw_mtime(FileTime wanted, FileTime found) {
  const std::lock_guard lock(mutex_);
  if (stored_as(wanted, limits_.times) == found) return;
  limits_.times = learn(limits_.times, wanted, found);
  tell(
      "the replica's file system can't hold every modification time exactly: times are compared as "
      "far as it can");
}

void LimitBook::saw_no_owners(int error_number) {
  const std::lock_guard lock(mutex_);
  limits_.holds_owners = false;
  tell(std::string("the replica's file system does not hold owners (") +
       std::strerror(error_number) + "): they are not mirrored");
}

void LimitBook::saw_no_modes() {
  const std::lock_guard lock(mutex_);
  limits_.holds_modes = false;
  tell("the replica's file system does not hold permission bits: they are not mirrored");
}

void LimitBook::saw_foreign_group(std::uint32_t gid) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(has_foreign_groups_, true)) return;
  tell("what belongs to a group that you can't give (" + std::to_string(gid) +
       ", for one) has another group in the replica, which gets no more than everybody has");
}

bool LimitBook::has_refused_xattrs() const {
  const std::lock_guard lock(mutex_);
  return has_refused_xattrs_;
}

void LimitBook::saw_refused_xattr(int error_number) {
  const std::lock_guard lock(mutex_);
  has_refused_xattrs_ = has_refused_xattrs_ || error_number != ENOTSUP;
  tell(std::string("the replica's file system refuses extended attributes or ACLs (") +
       std::strerror(error_number) + "): content is mirrored without them");
}

std::vector<std::string> LimitBook::take_news() {
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, {});
}

}  // namespace foldersync
