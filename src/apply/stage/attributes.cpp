#include "apply/stage/attributes.h"

#include <cerrno>
#include <utility>

namespace foldersync {
namespace {

constexpr std::uint32_t kSetIds = 06000;

bool says_unsupported(int error_number) {
  return error_number == ENOTSUP || error_number == ENOSYS;
}

// Whether the entry has the source's owner now.
Result<bool> set_owner(const AttributeRequest& request, const FileStatus& now) {
  if (now.uid == request.source.uid && now.gid == request.source.gid) return true;
  if (!request.policy.owners()) return false;
  Status set = request.fs.set_owner(request.to, request.source.uid, request.source.gid);
  if (set) return true;
  const int number = set.error().error_number;
  if (!request.is_private || (number != EPERM && !says_unsupported(number))) return set.error();
  request.book.saw_no_owners(number);
  return false;
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
  const auto has_owner = TRY(set_owner(request, *now));
  Status refused = success();
  TRY(set_xattrs(request, refused));
  const std::uint32_t uid = has_owner ? request.source.uid : now->uid;
  const std::uint32_t gid = has_owner ? request.source.gid : now->gid;
  Policy policy = request.policy;
  policy.mirrors_owners = policy.mirrors_owners && has_owner;
  const std::uint32_t mode = wanted_mode(request.source, uid, gid, policy) | request.extra_mode;
  // A change of owner clears suid and sgid, so the mode as it was is of no use then.
  FileStatus before_mode = *now;
  if (uid != now->uid || gid != now->gid) before_mode.mode = ~mode;
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
