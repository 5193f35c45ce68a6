#include "apply/stage/attributes.h"

#include <cerrno>
#include <utility>

namespace foldersync {
namespace {

constexpr std::uint32_t kSetIds = 06000;
constexpr std::uint32_t kGroupAll = 0070;

bool says_unsupported(int error_number) {
  return error_number == ENOTSUP || error_number == ENOSYS;
}

// Who is to have it. What was just made has whatever group the folder has handed down to it.
FileStatus wanted_owner(const AttributeRequest& request, const FileStatus& now) {
  const Policy& policy = request.policy;
  FileStatus owner = now;
  if (policy.owners()) owner.uid = request.source.uid;
  if (request.is_private && policy.only_groups()) owner.gid = policy.gid;
  owner.gid = wanted_group(request.source, owner, policy);
  return owner;
}

// Who has it then. Error: none that says that there are no owners.
Result<FileStatus> set_owner(const AttributeRequest& request, const FileStatus& now) {
  const FileStatus owner = wanted_owner(request, now);
  if (now.uid == owner.uid && now.gid == owner.gid) return owner;
  Status set = request.fs.set_owner(request.to, owner.uid, owner.gid);
  if (set) return owner;
  const int number = set.error().error_number;
  // Whoever may give a group to his own file is refused it by the file system.
  const bool can_learn = request.is_private || (request.policy.only_groups() && !now.immutable);
  if (!can_learn || (number != EPERM && !says_unsupported(number))) return set.error();
  request.book.saw_no_owners(number);
  return now;
}

// `refused`: what the file system says to one that it will not hold, which is no reason to leave
// the rest of the metadata as it is.
Status set_xattrs(const AttributeRequest& request, Status& refused) {
  if (request.xattrs == nullptr || !request.policy.limits.holds_xattrs) return success();
  if (request.is_private && request.xattrs->empty()) return success();
  Status set = write_xattrs(request.fs, request.to, *request.xattrs, request.policy.as_root);
  if (set) return set;
  const int number = set.error().error_number;
  if (number == EIO) return set;
  // One kind may be refused and another not, so nothing is concluded from it.
  request.book.saw_refused_xattr(number);
  if (number != ENOTSUP) refused = std::move(set);
  return success();
}

// What the mode came out as is judged by its reader.
Status set_mode(const AttributeRequest& request, const FileStatus& now, std::uint32_t mode) {
  if (request.source.type == FileType::kSymlink || !request.policy.limits.holds_modes)
    return success();
  // An ACL that was just set may have changed the mode already.
  if (now.mode == mode && (request.xattrs == nullptr || request.xattrs->empty())) return success();
  return request.fs.set_mode(request.to, mode);
}

bool takes_from_group(const FileStatus& source, std::uint32_t mode) {
  return source.type != FileType::kSymlink && (source.mode & ~mode & kGroupAll) != 0;
}

void learn_from(const AttributeRequest& request, const FileStatus& found, std::uint32_t mode) {
  if (request.set_mtime) request.book.saw_mtime(request.source.mtime, found.mtime);
  if (request.source.type == FileType::kSymlink || !request.policy.limits.holds_modes) return;
  // The kernel takes suid and sgid away from what the caller may not give them.
  if ((found.mode & ~kSetIds) != (mode & ~kSetIds)) request.book.saw_no_modes();
}

}  // namespace

// CRASH: in place, killed between two of these calls, the entry has a part of the new metadata; its
// time comes last, so the next run's plan still finds it different.
Result<FileStatus> set_attributes(const AttributeRequest& request) {
  const auto now =
      request.now != nullptr ? Result<FileStatus>(*request.now) : request.fs.status(request.to.fd);
  if (!now) return now;
  const auto owner = TRY(set_owner(request, *now));
  Status refused = success();
  TRY(set_xattrs(request, refused));
  Policy policy = request.policy;
  if (request.policy.owners() && owner.uid != request.source.uid) policy.mirrors_owners = false;
  if (owner.gid != wanted_owner(request, *now).gid) policy.mirrors_owners = false;
  const std::uint32_t mode = wanted_mode(request.source, owner, policy) | request.extra_mode;
  if (takes_from_group(request.source, mode)) request.book.saw_foreign_group(request.source.gid);
  // A change of owner clears suid and sgid, so the mode as it was is of no use then.
  FileStatus before_mode = *now;
  if (owner.uid != now->uid || owner.gid != now->gid) before_mode.mode = ~mode;
  TRY(set_mode(request, before_mode, mode));
  if (request.set_mtime) {
    if (Status set = request.fs.set_mtime(request.to, request.source.mtime); !set)
      return set.error();
  }
  auto found = request.fs.status(request.to.fd);
  if (found && request.is_private) learn_from(request, *found, mode);
  if (!refused && request.refusal_is_error) return std::move(refused).error();
  return found;
}

void learn_mtime(FileSystem& fs, int folder, FileTime wanted, LimitBook& book) {
  static constexpr const char* kProbe = "probe";
  const auto fd = fs.create_file(folder, kProbe, 0600);
  if (!fd) return;
  if (fs.set_mtime({fd->get(), false}, wanted)) {
    if (const auto found = fs.status(fd->get()); found) book.saw_mtime(wanted, found->mtime);
  }
  (void)fs.remove_file(folder, kProbe);
}

}  // namespace foldersync
