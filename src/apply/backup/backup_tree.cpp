#include "apply/backup/backup_tree.h"

#include <cerrno>
#include <string>

#include "apply/stage/attributes.h"
#include "fs/copy.h"
#include "fs/denial.h"
#include "fs/replica_access.h"

namespace foldersync {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr std::uint64_t kMoment = std::uint64_t{64} << 20U;  // bytes; more than a moment to copy

bool can_not_link_here(const Error& error) {
  return can_not_link(error) || is_one_of(error, {EXDEV, EACCES});
}

std::string leaf(const RelPath& path) { return std::string(path.name()); }

}  // namespace

BackupTree::BackupTree(FileSystem& fs, Fd root, const Policy& policy, bool durable,
                       const WindUp& wind_up)
    : fs_(fs),
      root_(std::move(root)),
      policy_(policy),
      book_(FileSystemLimits{}),
      cursor_(fs, root_.get(), {}, descriptors_per_cursor(2)),
      durable_(durable),
      wind_up_(&wind_up) {
  policy_.limits = {};
  const auto facts = fs.facts(root_.get());
  has_sync_all_ = facts && facts->has_sync_all;
}

// Makes what is missing on the way, one level after the other.
Result<int> BackupTree::directory(const RelPath& path) {
  for (;;) {
    auto fd = cursor_.enter(path.bytes());
    if (fd || fd.error().error_number != ENOENT) return fd;
    const RelPath missing = RelPath::from_bytes(fd.error().path);
    const int parent = TRY(cursor_.enter(missing.parent_bytes()));
    TRY(fs_.make_directory(parent, leaf(missing).c_str(), kOwnerAll).at(missing.bytes()));
    touched_.insert(missing.parent());
  }
}

Status BackupTree::make_directory(const RelPath& path) {
  TRY(directory(path));
  touched_.insert(path);
  return success();
}

Result<std::optional<FileStatus>> BackupTree::status(const RelPath& path) {
  const auto parent = TRY(if_there(cursor_.enter(path.parent_bytes())));
  if (!parent) return std::optional<FileStatus>();
  return if_there(fs_.status_at(*parent, leaf(path).c_str()));
}

// What a run that was killed had kept only in part goes. A copy gets its time last.
Result<bool> BackupTree::is_kept(int parent, const std::string& name, const FileStatus& status) {
  const auto there = TRY(status_at(fs_, {parent, name}));
  if (!there) return false;
  const bool is_copy =
      there->type == status.type && there->size == status.size && there->mtime == status.mtime;
  if (same_object(*there, status) || is_copy) return true;
  TRY(fs_.remove_file(parent, name.c_str()));
  return false;
}

// Another name of the same file may have been copied before.
Status BackupTree::link_to_copy(const FileStatus& status, const RelPath& path, bool& linked) {
  linked = false;
  const auto known = copies_.find(object_of(status));
  if (known == copies_.end()) return success();
  const auto from = TRY(directory(known->second.parent()));
  const auto held = TRY(fs_.open_directory(from, "."));
  const auto parent = TRY(directory(path.parent()));
  Status made = fs_.make_link(held.get(), leaf(known->second).c_str(), parent, leaf(path).c_str());
  linked = made.ok();
  return made || can_not_link_here(made.error()) ? success() : made;
}

Status BackupTree::keep(const Place& from, const FileStatus& status, const RelPath& path,
                        HowKept how) {
  const int parent = TRY(directory(path.parent()));
  const std::string name = leaf(path);
  if (TRY(is_kept(parent, name, status))) return success();
  touched_.insert(path.parent());
  if (how == HowKept::kLink) {
    Status linked = fs_.make_link(from.directory, from.name.c_str(), parent, name.c_str());
    if (linked || !can_not_link_here(linked.error())) return linked;
  }
  bool is_done = false;
  if (Status tried = link_to_copy(status, path, is_done); !tried || is_done) return tried;
  const auto again = TRY(directory(path.parent()));
  Status copied = copy(from, status, again, name);
  if (!copied) {
    (void)fs_.remove_file(again, name.c_str());  // else the next try does
    return std::move(copied).error().at(path.bytes());
  }
  if (status.links > 1) copies_.emplace(object_of(status), path);
  return success();
}

Status BackupTree::copy(const Place& from, const FileStatus& status, int parent,
                        const std::string& name) {
  return status.is_file() ? copy_file(from, status, parent, name)
                          : copy_other(from, status, parent, name);
}

// A file of the caller's own that he may not read is opened up for as long as that takes.
Result<Fd> BackupTree::open_to_read(const Place& from, const FileStatus& status) {
  auto file = fs_.open_file(from.directory, from.name.c_str());
  if (file || file.error().error_number != EACCES) return file;
  const auto entry = TRY(fs_.open_entry(from.directory, from.name.c_str()));
  const Handle handle{entry.get(), true};
  const auto now = TRY(fs_.status(entry.get()));
  if (!same_creation(now, status) || now.mode != status.mode || now.uid != status.uid) {
    return changed_error("back up", "something else has its name");
  }
  TRY(fs_.set_mode(handle, status.mode | kOwnerRead));
  file = fs_.open_file(from.directory, from.name.c_str());
  TRY(fs_.set_mode(handle, status.mode));
  return file;
}

Status BackupTree::copy_file(const Place& from, const FileStatus& status, int parent,
                             const std::string& name) {
  auto opened = TRY(open_to_read(from, status));
  LocalEntry source(fs_, std::move(opened));
  auto to = TRY(fs_.create_file(parent, name.c_str(), kPrivate));
  buffer_.resize(kBufferBytes);
  const std::atomic<bool>* const stop =
      status.size > kMoment ? wind_up_->flag() : wind_up_->at_once();
  const auto bytes = TRY(copy_content(
      fs_, {.from = &source, .to = to.get(), .source = &status, .stop = stop}, buffer_));
  if (bytes != status.size) return changed_error("back up", "the file holds less than it says");
  TRY(give_metadata(source.handle(), status, {to.get(), false}));
  if (durable_ && !has_sync_all_) TRY(fs_.sync(to.get()));
  return fs_.close(std::move(to));
}

Status BackupTree::copy_other(const Place& from, const FileStatus& status, int parent,
                              const std::string& name) {
  if (status.type == FileType::kSymlink) {
    const auto target = TRY(fs_.link_target(from.directory, from.name.c_str()));
    TRY(fs_.make_symlink(target.c_str(), parent, name.c_str()));
  } else {
    TRY(fs_.make_node(parent, name.c_str(), status.type, kPrivate, status.rdev));
  }
  const auto source = TRY(fs_.open_entry(from.directory, from.name.c_str()));
  const auto to = TRY(fs_.open_entry(parent, name.c_str()));
  return give_metadata({source.get(), true}, status, {to.get(), true});
}

Status BackupTree::give_metadata(Handle from, const FileStatus& status, Handle to) {
  const auto xattrs = TRY(read_xattrs(fs_, from, policy_.as_root));
  // The folder may have a default ACL, kept for the directory that had it.
  Status bare = write_xattrs(fs_, to, {}, policy_.as_root);
  if (!bare && bare.error().error_number != ENOTSUP) return bare;
  AttributeRequest request{fs_, policy_, book_, to, status, {}, &xattrs};
  request.is_private = true;
  TRY(set_attributes(request));
  if (!book_.losses().denied_xattrs) return success();
  return system_error("back up", ENOSPC,
                      "the backup's file system does not take an extended attribute");
}

Status BackupTree::keep_attributes(const RelPath& path, FileType type,
                                   const std::vector<Xattr>& xattrs) {
  const bool is_directory = type == FileType::kDirectory;
  if (!is_directory && type != FileType::kFile) return success();
  const int parent = TRY(directory(is_directory ? path : path.parent()));
  const std::string name = leaf(path);
  if (!is_directory) {
    touched_.insert(path.parent());
    const auto made = fs_.create_file(parent, name.c_str(), kPrivate);
    if (!made && made.error().error_number != EEXIST) return made.error();
  }
  const auto to =
      TRY(is_directory ? fs_.open_directory(parent, ".") : fs_.open_entry(parent, name.c_str()));
  const Handle handle{to.get(), !is_directory};
  Status set = write_xattrs(fs_, handle, xattrs, policy_.as_root);
  if (!set && (set.error().error_number != ENOTSUP || !xattrs.empty())) return set;
  return is_directory ? unless_denied(fs_.set_mode(handle, kOwnerAll)) : success();
}

Status BackupTree::make_durable() {
  if (!durable_) return success();
  if (has_sync_all_) return fs_.sync_all(root_.get());
  for (const RelPath& path : touched_) {
    TRY(wind_up_->heed("sync"));
    const auto fd = TRY(cursor_.enter(path.bytes()));
    Status synced = fs_.sync(fd);
    if (!synced && synced.error().error_number != EINVAL) return synced;
  }
  touched_.clear();
  return success();
}

}  // namespace foldersync
