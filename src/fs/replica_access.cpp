#include "fs/replica_access.h"

#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <system_error>

#include "core/text.h"
#include "fs/privilege.h"

namespace foldersync {
bool is_absence(const Error& error) {
  return error.error_number == ENOENT || error.error_number == ENOTDIR ||
         error.error_number == ELOOP;
}

std::string left_open(const Error& error) {
  return "the replica's directory '" + (error.path.empty() ? "." : escaped(error.path)) +
         "' was opened up for its owner (u+rwx) and could not be closed again; the next run does "
         "it (" +
         std::generic_category().message(error.error_number) + ")";
}

bool can_close_again(const FileStatus& directory) {
  return (directory.mode & kSetGroup) == 0 || keeps_set_group(directory.gid);
}

bool is_as_opened(std::uint32_t now, std::uint32_t closed) {
  // The kernel takes set-group-ID from a mode that is given by no member of the group.
  return (now & ~kSetGroup) == ((closed | kOwnerAll) & ~kSetGroup);
}

void AbsentBranch::learn(const Error& error) {
  // Not where something else than a directory is there.
  if (remembers_ && error.error_number == ENOENT) path_ = RelPath::from_bytes(error.path);
}

bool ReplicaAccess::is_denied(const Error& error) { return error.error_number == EACCES; }

Result<std::optional<FileStatus>> ReplicaAccess::status(const RelPath& path) {
  using Answer = std::optional<FileStatus>;
  if (path.is_root()) {
    const auto status = TRY(fs_.status(root_));
    return Answer(status);
  }
  if (absent_.holds(path)) return Answer();
  const auto parent = enter(path.parent_bytes());
  if (!parent) {
    if (!is_absence(parent.error())) return parent.error();
    absent_.learn(parent.error());
    return Answer();
  }
  const auto status = with_write_access(*parent, path.parent(), [&] {
    return fs_.status_at(*parent, std::string(path.name()).c_str());
  });
  auto found = if_there(status);
  return found ? found : std::move(found).error().at(path.bytes());
}

bool ReplicaAccess::add_owner_rights(Handle directory, const RelPath& path,
                                     const FileStatus& status) {
  if (!can_close_again(status)) return false;
  const OpenedUp opened_up{status.mode, status};
  if (notes_ != nullptr) notes_->note(path, opened_up);
  if (!fs_.set_mode(directory, status.mode | kOwnerAll)) return false;
  opened_up_.try_emplace(path, opened_up);
  return true;
}

bool ReplicaAccess::open_up(int directory, const RelPath& path) {
  if (!may_open_up_) return false;
  const auto status = fs_.status(directory);
  if (!status || status->uid != ::geteuid() || (status->mode & kOwnerAll) == kOwnerAll)
    return false;
  return add_owner_rights({directory, false}, path, *status);
}

// CRASH: killed before or after the rename, it is noted by the path that it has then.
bool ReplicaAccess::open_to_move(int parent, const std::string& name, const RelPath& from,
                                 const RelPath& to) {
  const auto entry = fs_.open_entry(parent, name.c_str());
  const auto status = entry ? fs_.status(entry->get()) : Result<FileStatus>(entry.error());
  if (!status || !status->is_directory() || (status->mode & kOwnerAll) == kOwnerAll) return false;
  const Handle directory{entry->get(), true};
  // What can't be closed again could not be moved at all.
  if (!can_close_again(*status)) return fs_.set_mode(directory, status->mode | kOwnerAll).ok();
  if (notes_ != nullptr) notes_->note(to, OpenedUp{status->mode, *status});
  return add_owner_rights(directory, from, *status);
}

void ReplicaAccess::follow(const RelPath& from, const RelPath& to) {
  AllOpenedUp moved;
  for (auto at = opened_up_.lower_bound(from);
       at != opened_up_.end() && at->first.is_within(from);) {
    auto node = opened_up_.extract(at++);
    const std::string_view below = std::string_view(node.key().bytes()).substr(from.bytes().size());
    node.key() = RelPath::from_bytes(to.bytes() + std::string(below));
    moved.insert(std::move(node));
  }
  // What had such a path before has gone.
  moved.merge(opened_up_);
  opened_up_ = std::move(moved);
}

std::vector<Error> ReplicaAccess::close_again(AllOpenedUp opened_up) {
  std::vector<Error> errors;
  AllOpenedUp left;
  while (!opened_up.empty()) {
    auto deepest = opened_up.extract(std::prev(opened_up.end()));
    Status closed = give_mode_back(deepest.key(), deepest.mapped());
    if (!closed) {
      errors.push_back(std::move(closed).error().at(deepest.key().bytes()));
      left.insert(std::move(deepest));
    }
    opened_up.merge(opened_up_);  // only what lies above it
    opened_up_.clear();
  }
  opened_up_ = std::move(left);
  return errors;
}

Status ReplicaAccess::close_again(const RelPath& path, int directory) {
  const auto opened_up = opened_up_.find(path);
  if (opened_up == opened_up_.end()) return success();
  const std::uint32_t mode = opened_up->second.mode;
  opened_up_.erase(opened_up);
  return fs_.set_mode({directory, false}, mode);
}

Status ReplicaAccess::give_mode_back(const RelPath& path, const OpenedUp& opened_up) {
  const auto parent = TRY(if_there(path.is_root() ? Result<int>(root_) : this->parent(path)));
  if (!parent) return success();
  const std::string name = path.is_root() ? "." : std::string(path.name());
  const auto entry = TRY(if_there(fs_.open_entry(*parent, name.c_str())));
  if (!entry) return success();
  const auto now = TRY(fs_.status(entry->get()));
  // The number of its device may be another one since the system was started anew.
  const FileStatus& seen = opened_up.seen;
  const bool is_it = now.is_directory() && now.inode == seen.inode &&
                     now.incarnation == seen.incarnation && now.uid == seen.uid;
  if (!is_it || !is_as_opened(now.mode, opened_up.mode)) return success();
  return fs_.set_mode({entry->get(), true}, opened_up.mode);
}

// CRASH: killed before the mode is given back, the directory keeps u+rwx; the next run closes it by
// the notes. Where there are none, its plan finds the mode different, if the source has it.
// Opens up one directory that could not be entered; false where that is of no use.
bool ReplicaAccess::open_up(const RelPath& closed) {
  if (closed.is_root()) return open_up(root_, closed);
  const auto parent = enter(closed.parent_bytes());
  if (!parent) return false;
  const auto entry = with_write_access(*parent, closed.parent(), [&] {
    return fs_.open_entry(*parent, std::string(closed.name()).c_str());
  });
  if (!entry) return false;
  const auto status = fs_.status(entry->get());
  if (!status || !status->is_directory() || status->uid != ::geteuid()) return false;
  // Another thread may have been here first.
  if ((status->mode & kOwnerAll) == kOwnerAll) return true;
  return add_owner_rights({entry->get(), true}, closed, *status);
}

Result<int> ReplicaAccess::enter(std::string_view path) {
  auto directory = cursor_.enter(path);
  std::string last;
  while (!directory && may_open_up_ && is_denied(directory.error())) {
    const std::string closed = directory.error().path;
    if (closed.empty() || closed == last || !open_up(RelPath(closed))) break;
    last = closed;
    directory = cursor_.enter(path);
  }
  return directory;
}

}  // namespace foldersync
