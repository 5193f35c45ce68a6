#include "support/faulty_file_system.h"

#include <optional>
#include <type_traits>

namespace foldersync {

const char* to_string(Call call) {
  static constexpr std::array<const char*, kCalls> kNames{"open_root",
                                                          "open_above",
                                                          "open_on_the_way",
                                                          "open_inherited",
                                                          "open_directory",
                                                          "open_parent",
                                                          "list",
                                                          "status_at",
                                                          "status",
                                                          "incarnation",
                                                          "link_target",
                                                          "file_system_id",
                                                          "mounted_as",
                                                          "sharing",
                                                          "open_file",
                                                          "create_file",
                                                          "create_nameless",
                                                          "give_name",
                                                          "open_for_writing",
                                                          "open_entry",
                                                          "read",
                                                          "write",
                                                          "copy_range",
                                                          "clone",
                                                          "seek",
                                                          "set_size",
                                                          "close",
                                                          "make_directory",
                                                          "make_symlink",
                                                          "make_node",
                                                          "make_link",
                                                          "rename",
                                                          "remove_file",
                                                          "remove_directory",
                                                          "set_mode",
                                                          "set_owner",
                                                          "set_mtime",
                                                          "may_add_entries",
                                                          "list_xattrs",
                                                          "get_xattr",
                                                          "set_xattr",
                                                          "remove_xattr",
                                                          "sync",
                                                          "sync_all",
                                                          "facts",
                                                          "lock"};
  return kNames.at(static_cast<std::size_t>(call));
}

bool is_changing(Call call) {
  switch (call) {
    case Call::kCreateFile:
    case Call::kCreateNameless:
    case Call::kGiveName:
    case Call::kWrite:
    case Call::kCopyRange:
    case Call::kClone:
    case Call::kSetSize:
    case Call::kMakeDirectory:
    case Call::kMakeSymlink:
    case Call::kMakeNode:
    case Call::kMakeLink:
    case Call::kRename:
    case Call::kRemoveFile:
    case Call::kRemoveDirectory:
    case Call::kSetMode:
    case Call::kSetOwner:
    case Call::kSetMtime:
    case Call::kSetXattr:
    case Call::kRemoveXattr:
      return true;
    default:
      return false;
  }
}

template <class Make>
auto FaultyFileSystem::made(CallInfo info, Make make) -> decltype(make()) {
  const int number = verdict(info);
  if constexpr (std::is_same_v<decltype(make()), Result<std::size_t>>) {
    if (number == kEndOfFile) return std::size_t{0};
  }
  if (number != 0) {
    return system_error(to_string(info.call), number);
  }
  return make();
}

int FaultyFileSystem::verdict(CallInfo& info) {
  const std::lock_guard lock(mutex_);
  info.number = ++number_;
  info.number_of_kind = ++numbers_.at(static_cast<std::size_t>(info.call));
  int result = 0;
  for (const Interceptor& interceptor : interceptors_) {
    const int number = interceptor(info);
    if (result == 0) result = number;
  }
  if (result != 0 && first_failure_.empty()) {
    first_failure_ = std::string(to_string(info.call)) + " #" +
                     std::to_string(info.number_of_kind) + " '" + std::string(info.name) + "' '" +
                     std::string(info.new_name) + "'";
  }
  return result;
}

Result<Fd> FaultyFileSystem::open_root(const char* path) {
  return made({.call = Call::kOpenRoot, .name = path}, [&] { return real_.open_root(path); });
}

Result<Fd> FaultyFileSystem::open_above(const char* path) {
  return made({.call = Call::kOpenAbove, .name = path}, [&] { return real_.open_above(path); });
}

Result<Fd> FaultyFileSystem::open_on_the_way(int directory, const char* name) {
  return made({.call = Call::kOpenOnTheWay, .fd = directory, .name = name},
              [&] { return real_.open_on_the_way(directory, name); });
}

Result<Fd> FaultyFileSystem::open_inherited(int number) {
  return made({.call = Call::kOpenInherited, .fd = number},
              [&] { return real_.open_inherited(number); });
}

Result<Fd> FaultyFileSystem::open_directory(int directory, const char* name) {
  return made({.call = Call::kOpenDirectory, .fd = directory, .name = name},
              [&] { return real_.open_directory(directory, name); });
}

Result<Fd> FaultyFileSystem::open_parent(int directory) {
  return made({.call = Call::kOpenParent, .fd = directory},
              [&] { return real_.open_parent(directory); });
}

Result<std::size_t> FaultyFileSystem::list(int directory, std::span<std::byte> buffer) {
  return made({.call = Call::kList, .fd = directory},
              [&] { return real_.list(directory, buffer); });
}

Result<FileStatus> FaultyFileSystem::status_at(int directory, const char* name) {
  return made({.call = Call::kStatusAt, .fd = directory, .name = name},
              [&] { return real_.status_at(directory, name); });
}

Result<FileStatus> FaultyFileSystem::status(int fd) {
  return made({.call = Call::kStatus, .fd = fd}, [&] { return real_.status(fd); });
}

Result<std::string> FaultyFileSystem::link_target(int directory, const char* name) {
  return made({.call = Call::kLinkTarget, .fd = directory, .name = name},
              [&] { return real_.link_target(directory, name); });
}

Result<Sharing> FaultyFileSystem::sharing(int fd) {
  return made({.call = Call::kSharing, .fd = fd}, [&] { return real_.sharing(fd); });
}

Result<std::string> FaultyFileSystem::file_system_id(int fd) {
  return made({.call = Call::kFileSystemId, .fd = fd}, [&] { return real_.file_system_id(fd); });
}

Result<std::string> FaultyFileSystem::mounted_as(int fd) {
  return made({.call = Call::kMountedAs, .fd = fd}, [&] { return real_.mounted_as(fd); });
}

Result<Fd> FaultyFileSystem::open_file(int directory, const char* name) {
  return made({.call = Call::kOpenFile, .fd = directory, .name = name},
              [&] { return real_.open_file(directory, name); });
}

Result<Fd> FaultyFileSystem::create_file(int directory, const char* name, std::uint32_t mode) {
  return made({.call = Call::kCreateFile, .fd = directory, .name = name},
              [&] { return real_.create_file(directory, name, mode); });
}

Result<Fd> FaultyFileSystem::create_nameless(int directory, std::uint32_t mode) {
  return made({.call = Call::kCreateNameless, .fd = directory},
              [&] { return real_.create_nameless(directory, mode); });
}

Status FaultyFileSystem::give_name(int fd, int directory, const char* name) {
  return made({.call = Call::kGiveName, .fd = directory, .name = name},
              [&] { return real_.give_name(fd, directory, name); });
}

Result<Fd> FaultyFileSystem::open_for_writing(int directory, const char* name) {
  return made({.call = Call::kOpenForWriting, .fd = directory, .name = name},
              [&] { return real_.open_for_writing(directory, name); });
}

Result<Fd> FaultyFileSystem::open_entry(int directory, const char* name) {
  return made({.call = Call::kOpenEntry, .fd = directory, .name = name},
              [&] { return real_.open_entry(directory, name); });
}

Result<std::size_t> FaultyFileSystem::read(int fd, std::span<std::byte> buffer) {
  return made({.call = Call::kRead, .fd = fd}, [&] { return real_.read(fd, buffer); });
}

Result<std::size_t> FaultyFileSystem::write(int fd, std::span<const std::byte> data) {
  return made({.call = Call::kWrite, .fd = fd}, [&] { return real_.write(fd, data); });
}

Result<std::size_t> FaultyFileSystem::copy_range(int from, int to, std::size_t count) {
  return made({.call = Call::kCopyRange, .fd = from},
              [&] { return real_.copy_range(from, to, count); });
}

Status FaultyFileSystem::clone(int from, int to) {
  return made({.call = Call::kClone, .fd = from}, [&] { return real_.clone(from, to); });
}

Result<std::uint64_t> FaultyFileSystem::seek(int fd, std::uint64_t offset, Seek whence) {
  return made({.call = Call::kSeek, .fd = fd, .whence = whence},
              [&] { return real_.seek(fd, offset, whence); });
}

Status FaultyFileSystem::set_size(int fd, std::uint64_t size) {
  return made({.call = Call::kSetSize, .fd = fd}, [&] { return real_.set_size(fd, size); });
}

Status FaultyFileSystem::close(Fd fd) {
  return made({.call = Call::kClose, .fd = fd.get()}, [&] { return real_.close(std::move(fd)); });
}

Status FaultyFileSystem::make_directory(int directory, const char* name, std::uint32_t mode) {
  return made({.call = Call::kMakeDirectory, .fd = directory, .name = name},
              [&] { return real_.make_directory(directory, name, mode); });
}

Status FaultyFileSystem::make_symlink(const char* target, int directory, const char* name) {
  return made({.call = Call::kMakeSymlink, .fd = directory, .name = name},
              [&] { return real_.make_symlink(target, directory, name); });
}

Status FaultyFileSystem::make_node(int directory, const char* name, FileType type,
                                   std::uint32_t mode, std::uint64_t rdev) {
  return made({.call = Call::kMakeNode, .fd = directory, .name = name},
              [&] { return real_.make_node(directory, name, type, mode, rdev); });
}

Status FaultyFileSystem::make_link(int old_directory, const char* old_name, int new_directory,
                                   const char* new_name) {
  return made({.call = Call::kMakeLink,
               .fd = old_directory,
               .name = old_name,
               .new_directory = new_directory,
               .new_name = new_name},
              [&] { return real_.make_link(old_directory, old_name, new_directory, new_name); });
}

Status FaultyFileSystem::rename(int old_directory, const char* old_name, int new_directory,
                                const char* new_name, RenameMode mode) {
  return made({.call = Call::kRename,
               .fd = old_directory,
               .name = old_name,
               .new_directory = new_directory,
               .new_name = new_name,
               .mode = mode},
              [&] { return real_.rename(old_directory, old_name, new_directory, new_name, mode); });
}

Status FaultyFileSystem::remove_file(int directory, const char* name) {
  return made({.call = Call::kRemoveFile, .fd = directory, .name = name},
              [&] { return real_.remove_file(directory, name); });
}

Status FaultyFileSystem::remove_directory(int directory, const char* name) {
  return made({.call = Call::kRemoveDirectory, .fd = directory, .name = name},
              [&] { return real_.remove_directory(directory, name); });
}

Status FaultyFileSystem::set_mode(Handle entry, std::uint32_t mode) {
  return made({.call = Call::kSetMode, .fd = entry.fd},
              [&] { return real_.set_mode(entry, mode); });
}

Status FaultyFileSystem::set_owner(Handle entry, std::uint32_t uid, std::uint32_t gid) {
  return made({.call = Call::kSetOwner, .fd = entry.fd},
              [&] { return real_.set_owner(entry, uid, gid); });
}

Status FaultyFileSystem::set_mtime(Handle entry, FileTime mtime) {
  return made({.call = Call::kSetMtime, .fd = entry.fd},
              [&] { return real_.set_mtime(entry, mtime); });
}

Status FaultyFileSystem::may_add_entries(int directory) {
  return made({.call = Call::kMayAddEntries, .fd = directory},
              [&] { return real_.may_add_entries(directory); });
}

Result<std::size_t> FaultyFileSystem::list_xattrs(Handle entry, std::span<char> buffer) {
  return made({.call = Call::kListXattrs, .fd = entry.fd},
              [&] { return real_.list_xattrs(entry, buffer); });
}

Result<std::size_t> FaultyFileSystem::get_xattr(Handle entry, const char* name,
                                                std::span<std::byte> buffer) {
  return made({.call = Call::kGetXattr, .fd = entry.fd, .name = name},
              [&] { return real_.get_xattr(entry, name, buffer); });
}

Status FaultyFileSystem::set_xattr(Handle entry, const char* name,
                                   std::span<const std::byte> value) {
  return made({.call = Call::kSetXattr, .fd = entry.fd, .name = name},
              [&] { return real_.set_xattr(entry, name, value); });
}

Status FaultyFileSystem::remove_xattr(Handle entry, const char* name) {
  return made({.call = Call::kRemoveXattr, .fd = entry.fd, .name = name},
              [&] { return real_.remove_xattr(entry, name); });
}

Status FaultyFileSystem::sync(int fd) {
  return made({.call = Call::kSync, .fd = fd},
              [&] { return skips_syncs_ ? success() : real_.sync(fd); });
}

Status FaultyFileSystem::sync_all(int fd) {
  return made({.call = Call::kSyncAll, .fd = fd},
              [&] { return skips_syncs_ ? success() : real_.sync_all(fd); });
}

Result<std::optional<std::uint64_t>> FaultyFileSystem::incarnation(int fd) {
  return made({.call = Call::kIncarnation, .fd = fd}, [&] { return real_.incarnation(fd); });
}

Result<FileSystemFacts> FaultyFileSystem::facts(int fd) {
  return made({.call = Call::kFacts, .fd = fd}, [&] { return real_.facts(fd); });
}

Status FaultyFileSystem::lock(int fd) {
  return made({.call = Call::kLock, .fd = fd}, [&] { return real_.lock(fd); });
}

Interceptor fail_at(std::uint64_t nth, int error_number, Lasting lasting) {
  return [=, failed = std::optional<Call>()](const CallInfo& info) mutable {
    if (info.number < nth) return 0;
    if (info.number == nth) failed = info.call;
    const bool fails = info.number == nth || lasting == Lasting::kEverything ||
                       (lasting == Lasting::kSameCall && failed == info.call);
    return fails ? error_number : 0;
  };
}

Interceptor fail_all(Call call, int error_number) {
  return [=](const CallInfo& info) { return info.call == call ? error_number : 0; };
}

Interceptor fail_nth(Call call, std::uint64_t nth, int error_number) {
  return [=](const CallInfo& info) {
    return info.call == call && info.number_of_kind == nth ? error_number : 0;
  };
}

Interceptor lack_rename(RenameMode mode, int error_number) {
  return [=](const CallInfo& info) {
    return info.call == Call::kRename && info.mode == mode ? error_number : 0;
  };
}

Interceptor act_before(std::function<bool(const CallInfo&)> when, std::function<void()> act) {
  return
      [when = std::move(when), act = std::move(act), acted = false](const CallInfo& info) mutable {
        if (acted || !when(info)) return 0;
        acted = true;
        act();
        return 0;
      };
}

Interceptor act_before(Call call, std::string name, std::function<void()> act) {
  return act_before([call, name = std::move(name)](
                        const CallInfo& info) { return info.call == call && info.names(name); },
                    std::move(act));
}

}  // namespace foldersync
