#include "apply/stage/attributes.h"

#include <cerrno>
#include <string>
#include <utility>

#include "fs/denial.h"

namespace foldersync {
namespace {
constexpr std::uint32_t kGroupAll = 0070;

// What a kernel says to an id that has no number on the file system.
bool is_about_the_id(const Error& error) {
  return error.error_number == EINVAL || error.error_number == EOVERFLOW;
}

bool is_symlink(const AttributeRequest& request) {
  return request.source.type == FileType::kSymlink;
}

// Who is to have it, each id by itself. What was just made has whatever group the folder has handed
// down to it.
FileStatus wanted_owner(const AttributeRequest& request, const FileStatus& now,
                        const FileSystemLimits& limits) {
  Policy policy = request.policy;
  policy.limits = limits;
  FileStatus owner = now;
  const bool gives_any =
      policy.owners() && !(is_symlink(request) && policy.limits.refuses_link_owners);
  if (gives_any && limits.takes_uid(request.source.uid)) owner.uid = request.source.uid;
  if (request.is_private && policy.only_groups()) owner.gid = policy.gid;
  owner.gid = wanted_group(request.source, owner, policy);
  return owner;
}

bool same_owner(const FileStatus& a, const FileStatus& b) {
  return a.uid == b.uid && a.gid == b.gid;
}

// Sets one thing after another, and asks where one is refused or does not come out.
class Setter {
 public:
  explicit Setter(const AttributeRequest& request) : request_(request), fs_(request.fs) {}

  Result<FileStatus> run() {
    now_ = TRY(request_.now != nullptr ? Result<FileStatus>(*request_.now)
               : request_.is_private   ? fs_.status_as_made(request_.to.fd)
                                       : fs_.status(request_.to.fd));
    const FileStatus owner = TRY(set_owner());
    TRY(set_xattrs());
    std::uint32_t mode = mode_for(TRY(who_has_it(owner)));
    TRY(set_mode(owner, mode));
    TRY(set_time(stored_as(request_.source.mtime, limits().times)));
    auto found = TRY(fs_.status(request_.to.fd));
    if (is_ignored(found, owner)) {
      // It is somebody else's than it was to be: nobody gets the rights that were meant for them.
      mode = mode_for(found);
      if (found.mode != mode && sets_mode()) {
        TRY(unless_denied(fs_.set_mode(request_.to, mode)));
        found = TRY(fs_.status(request_.to.fd));
      }
    }
    found = TRY(learn_from(found, owner, mode));
    if (!loss_ && request_.refusal_is_error) return std::move(loss_).error();
    return found;
  }

 private:
  [[nodiscard]] FileSystemLimits limits() const { return request_.book.limits(); }

  // Asks an object of our own, once, unless this is one that may be learned from itself.
  void ask() {
    if (!may_ask() || std::exchange(has_asked_, true)) return;
    (void)learn_from_own({fs_, request_.policy, request_.book, request_.own_folder},
                         request_.source, request_.path);
  }
  [[nodiscard]] bool may_ask() const { return request_.own_folder >= 0; }
  [[nodiscard]] bool learns_from_itself() const { return request_.is_private && !may_ask(); }

  // Nothing is concluded from what is refused once.
  template <class Set>
  static Status insist(const Set& set) {
    Status first = set();
    return first || !is_denial(first.error()) ? first : set();
  }

  // Another object of ours takes it: what was made is of use without, and what is there is left as
  // it is.
  Status lose(Status refused) const {
    if (!request_.is_private) return refused;
    request_.book.saw_loss(refused.error(), request_.path);
    return success();
  }

  // Who has it then.
  Result<FileStatus> set_owner() {
    const FileStatus owner = wanted_owner(request_, now_, request_.policy.limits);
    if (same_owner(owner, now_)) return owner;
    const auto give = [&](const FileStatus& to) {
      return fs_.set_owner(request_.to, to.uid, to.gid);
    };
    Status set = insist([&] { return give(owner); });
    if (set) return owner;
    if (!is_denial(set.error())) return set.error();
    if (learns_from_itself()) return give_apart(owner, set.error());
    // As much less as the limits say by now, of which other threads learn, too.
    for (FileStatus tried = owner;;) {
      const FileStatus less = wanted_owner(request_, now_, limits());
      if (same_owner(less, now_)) return less;
      if (same_owner(less, tried)) {
        if (has_asked_ || !may_ask()) break;
        ask();
        continue;
      }
      tried = less;
      set = give(tried);
      if (set) return tried;
      if (!is_denial(set.error())) return set.error();
    }
    TRY(lose(std::move(set)));
    return now_;
  }

  // Some by path say yes, and do nothing: what was meant for one owner is then no other one's, not
  // even for a moment.
  Result<FileStatus> who_has_it(const FileStatus& owner) const {
    if (!now_.by_path || same_owner(owner, now_)) return owner;
    return fs_.status(request_.to.fd);
  }

  // Of an object that may be learned from: gives each id by itself.
  FileStatus give_apart(const FileStatus& owner, const Error& refused) {
    LimitBook& book = request_.book;
    FileStatus has = now_;
    if (!is_about_the_id(refused)) {
      const bool owners = request_.policy.owners();
      const Denied what = !owners                ? Denied::kGroups
                          : is_symlink(request_) ? Denied::kLinkOwners
                                                 : Denied::kOwners;
      book.saw_denial(what, refused.error_number, request_.path);
      return has;
    }
    if (owner.uid != has.uid) {
      Status set = fs_.set_owner(request_.to, owner.uid, has.gid);
      if (set) has.uid = owner.uid;
      if (!set && is_about_the_id(set.error())) book.saw_denied_uid(owner.uid, request_.path);
    }
    if (owner.gid != has.gid) {
      Status set = fs_.set_owner(request_.to, has.uid, owner.gid);
      if (set) has.gid = owner.gid;
      if (!set && is_about_the_id(set.error())) book.saw_denied_gid(owner.gid, request_.path);
    }
    return has;
  }

  // What the file system says to an attribute that it will not hold is no reason to leave the rest
  // of the metadata as it is.
  Status set_xattrs() {
    if (request_.xattrs == nullptr || !request_.policy.limits.holds_xattrs) return success();
    if (request_.is_private && request_.xattrs->empty()) return success();
    Status set = write_xattrs(fs_, request_.to, *request_.xattrs, request_.policy.as_root);
    if (set) return set;
    if (!is_denied_xattr(set.error())) return set;
    // One kind may be refused and another not, so nothing is concluded from it.
    request_.book.saw_denied_xattr(set.error(), request_.path);
    if (set.error().error_number != ENOTSUP) loss_ = std::move(set);
    return success();
  }

  // With less than the source's where the owner is another one.
  [[nodiscard]] std::uint32_t mode_for(const FileStatus& owner) const {
    Policy policy = request_.policy;
    if (policy.owners() && owner.uid != request_.source.uid) policy.mirrors_owners = false;
    const FileStatus wanted = wanted_owner(request_, now_, request_.policy.limits);
    if (owner.gid != wanted.gid) policy.mirrors_owners = false;
    const std::uint32_t mode = wanted_mode(request_.source, owner, policy) | request_.extra_mode;
    const bool takes_from_group = (request_.source.mode & ~mode & kGroupAll) != 0;
    if (!is_symlink(request_) && takes_from_group && !policy.as_root) {
      request_.book.saw_foreign_group(request_.source.gid, request_.path);
    }
    return mode;
  }

  [[nodiscard]] bool sets_mode() const {
    return !is_symlink(request_) && request_.policy.limits.holds_modes;
  }

  // What the mode came out as is judged by its reader.
  Status set_mode(const FileStatus& owner, std::uint32_t mode) {
    if (!sets_mode()) return success();
    // An ACL that was just set may have changed the mode already; a change of owner clears suid and
    // sgid, so the mode as it was is of no use then.
    const bool is_known =
        same_owner(owner, now_) && (request_.xattrs == nullptr || request_.xattrs->empty());
    if (is_known && now_.mode == mode) return success();
    Status set = insist([&] { return fs_.set_mode(request_.to, mode); });
    if (set || !is_denial(set.error())) return set;
    if (learns_from_itself()) {
      request_.book.saw_denial(Denied::kModes, set.error().error_number, request_.path);
    } else if (limits().holds_modes) {
      ask();
    }
    return limits().holds_modes ? lose(std::move(set)) : success();
  }

  [[nodiscard]] bool takes_time() const {
    Policy policy = request_.policy;
    policy.limits = limits();
    return policy.gives_time(request_.source.type);
  }

  Status set_time(FileTime time) {
    if (!request_.set_mtime || !request_.policy.gives_time(request_.source.type)) return success();
    Status set = insist([&] { return fs_.set_mtime(request_.to, time); });
    if (set || !is_denial(set.error())) return set;
    if (learns_from_itself()) {
      request_.book.saw_denial(kind_of_time(), set.error().error_number, request_.path);
    } else if (takes_time()) {
      ask();
    }
    return takes_time() ? lose(std::move(set)) : success();
  }
  [[nodiscard]] Denied kind_of_time() const {
    return is_symlink(request_) ? Denied::kLinkTimes : Denied::kTimes;
  }

  // What was set, and without a word did not come out. The answer: what there is in the end.
  Result<FileStatus> learn_from(FileStatus found, const FileStatus& owner, std::uint32_t mode) {
    if (!differs(found, owner, mode)) return found;
    if (!learns_from_itself()) {
      ask();
      return has_other_time(found) ? set_again() : Result(found);
    }
    if (has_other_time(found)) found = TRY(learn_time(found));
    LimitBook& book = request_.book;
    if (has_other_mode(found, mode)) book.saw_denial(Denied::kModes, 0, request_.path);
    if (same_owner(found, owner)) return found;
    const bool of_links = is_symlink(request_);
    book.saw_denial(!request_.policy.owners() ? Denied::kGroups
                    : of_links                ? Denied::kLinkOwners
                                              : Denied::kOwners,
                    0, request_.path);
    return found;
  }

  Result<FileStatus> set_again() {
    TRY(set_time(stored_as(request_.source.mtime, limits().times)));
    return fs_.status(request_.to.fd);
  }

  // Where the time is out of the range, which end it has is tried out.
  Result<FileStatus> learn_time(FileStatus found) {
    FileTime wanted = request_.source.mtime;
    while (!request_.book.saw_mtime(wanted, found.mtime, request_.path)) {
      const FileTime next = in_range(request_.source.mtime, limits().times);
      if (next == wanted) {
        request_.book.saw_denial(kind_of_time(), 0, request_.path);
        break;
      }
      wanted = next;
      found = TRY(set_again());
    }
    return found;
  }

  [[nodiscard]] bool differs(const FileStatus& found, const FileStatus& owner,
                             std::uint32_t mode) const {
    return has_other_time(found) || has_other_mode(found, mode) || has_other_owner(found, owner);
  }
  [[nodiscard]] bool has_other_time(const FileStatus& found) const {
    if (!request_.set_mtime || found.mtime == request_.source.mtime || !takes_time()) return false;
    return stored_as(request_.source.mtime, limits().times) != found.mtime;
  }
  // The kernel takes suid and sgid away from what the caller may not give them.
  [[nodiscard]] bool has_other_mode(const FileStatus& found, std::uint32_t mode) const {
    return sets_mode() && (found.mode & ~kSetIds) != (mode & ~kSetIds) && limits().holds_modes;
  }
  [[nodiscard]] bool has_other_owner(const FileStatus& found, const FileStatus& owner) const {
    return is_ignored(found, owner) && same_owner(wanted_owner(request_, now_, limits()), owner);
  }
  // A change of owner that nobody has refused.
  [[nodiscard]] bool is_ignored(const FileStatus& found, const FileStatus& owner) const {
    return !same_owner(found, owner) && !same_owner(owner, now_);
  }

  const AttributeRequest& request_;
  FileSystem& fs_;
  FileStatus now_;
  Status loss_ = success();
  bool has_asked_ = false;
};

// The name is free again when it is done with.
class OwnEntry {
 public:
  OwnEntry(const OwnObject& own, FileType type) : own_(own) {
    if (type == FileType::kSymlink) {
      make_symlink();
      return;
    }
    auto made = own.fs.create_nameless(own.folder, kPrivate);
    if (!made && !own.moves_nothing) {
      name_ = free_name();
      made = own.fs.create_file(own.folder, name_.c_str(), kPrivate);
      if (!made) name_.clear();
    }
    if (made) handle_ = {(fd_ = std::move(*made)).get(), false};
  }
  ~OwnEntry() {
    fd_ = Fd();  // some file systems keep what is open
    if (!name_.empty()) (void)own_.fs.remove_file(own_.folder, name_.c_str());
  }
  OwnEntry(const OwnEntry&) = delete;
  OwnEntry& operator=(const OwnEntry&) = delete;

  [[nodiscard]] const std::optional<Handle>& handle() const { return handle_; }

 private:
  std::string free_name() { return "probe-" + std::to_string(own_.book.next_number()); }

  void make_symlink() {
    if (own_.moves_nothing) return;
    std::string name = free_name();
    if (!own_.fs.make_symlink("probe", own_.folder, name.c_str())) return;
    name_ = std::move(name);
    auto opened = own_.fs.open_entry(own_.folder, name_.c_str());
    if (opened) handle_ = {(fd_ = std::move(*opened)).get(), true};
  }

  const OwnObject& own_;
  std::string name_;
  Fd fd_;
  std::optional<Handle> handle_;
};

bool learn_from_one(const OwnObject& own, FileStatus wanted, FileType type, std::string_view path) {
  const OwnEntry entry(own, type);
  if (!entry.handle()) return false;
  wanted.type = type;
  wanted.mode &= ~kSetIds;
  Policy policy = own.policy;
  policy.limits = own.book.limits();
  AttributeRequest request{own.fs, policy, own.book, *entry.handle(), wanted, path};
  request.is_private = true;
  return set_attributes(request).ok();
}

}  // namespace

Result<FileStatus> set_attributes(const AttributeRequest& request) { return Setter(request).run(); }

bool learn_from_own(const OwnObject& own, const FileStatus& wanted, std::string_view path) {
  // What a file is refused says nothing of symlinks alone.
  if (!learn_from_one(own, wanted, FileType::kFile, path)) return false;
  return wanted.type != FileType::kSymlink || learn_from_one(own, wanted, FileType::kSymlink, path);
}

}  // namespace foldersync
