// A file system that counts its calls, fails some of them and lets a test act before them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "fs/posix_file_system.h"

namespace foldersync {

// The methods of FileSystem.
enum class Call : std::uint8_t {
  kOpenRoot,
  kOpenDirectory,
  kOpenParent,
  kList,
  kStatusAt,
  kStatus,
  kLinkTarget,
  kFileSystemId,
  kSharing,
  kOpenFile,
  kCreateFile,
  kOpenEntry,
  kRead,
  kWrite,
  kCopyRange,
  kSeek,
  kSetSize,
  kClose,
  kMakeDirectory,
  kMakeSymlink,
  kMakeNode,
  kMakeLink,
  kRename,
  kRemoveFile,
  kRemoveDirectory,
  kSetMode,
  kSetOwner,
  kSetMtime,
  kListXattrs,
  kGetXattr,
  kSetXattr,
  kRemoveXattr,
  kSync,
  kSyncAll,
  kFacts,
  kLock,
};
inline constexpr std::size_t kCalls = static_cast<std::size_t>(Call::kLock) + 1;

inline const char* to_string(Call call) {
  static constexpr std::array<const char*, kCalls> kNames{
      "open_root",   "open_directory", "open_parent",    "list",           "status_at",
      "status",      "link_target",    "file_system_id", "sharing",        "open_file",
      "create_file", "open_entry",     "read",           "write",          "copy_range",
      "seek",        "set_size",       "close",          "make_directory", "make_symlink",
      "make_node",   "make_link",      "rename",         "remove_file",    "remove_directory",
      "set_mode",    "set_owner",      "set_mtime",      "list_xattrs",    "get_xattr",
      "set_xattr",   "remove_xattr",   "sync",           "sync_all",       "facts",
      "lock"};
  return kNames.at(static_cast<std::size_t>(call));
}

// Whether the call changes what a tree holds.
inline bool is_changing(Call call) {
  switch (call) {
    case Call::kCreateFile:
    case Call::kWrite:
    case Call::kCopyRange:
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

// A call that is about to be made.
struct CallInfo {
  Call call = Call::kStatus;
  int fd = -1;                  // the descriptor, or the directory that `name` is in
  std::string_view name{};      // empty where the call has none
  int new_directory = -1;       // of renames and links
  std::string_view new_name{};  // likewise
  RenameMode mode = RenameMode::kReplace;
  Seek whence = Seek::kStart;
  std::uint64_t number = 0;          // among all calls, from 1
  std::uint64_t number_of_kind = 0;  // among the calls of this method, from 1

  [[nodiscard]] bool names(std::string_view any) const { return name == any || new_name == any; }
};

// Decides before each call: 0, and it is made; else the errno that it fails with, unmade. Of read
// and copy_range kEndOfFile: they give nothing, as if the file ended.
inline constexpr int kEndOfFile = -1;
using Interceptor = std::function<int(const CallInfo&)>;

// Forwards to the system. Any thread; interceptors run one at a time and must not call back.
class FaultyFileSystem final : public FileSystem {
 public:
  // All of them see each call that is made from now on; the first that fails it decides.
  void intercept(Interceptor interceptor) { interceptors_.push_back(std::move(interceptor)); }

  [[nodiscard]] std::uint64_t calls() const { return number_; }
  [[nodiscard]] std::uint64_t calls(Call call) const {
    return numbers_.at(static_cast<std::size_t>(call));
  }
  // The call that failed first, for messages: "rename #3 'a'"; empty where none did.
  [[nodiscard]] const std::string& first_failure() const { return first_failure_; }

  Result<Fd> open_root(const char* path) override {
    return made({.call = Call::kOpenRoot, .name = path}, [&] { return real_.open_root(path); });
  }
  Result<Fd> open_directory(int directory, const char* name) override {
    return made({.call = Call::kOpenDirectory, .fd = directory, .name = name},
                [&] { return real_.open_directory(directory, name); });
  }
  Result<Fd> open_parent(int directory) override {
    return made({.call = Call::kOpenParent, .fd = directory},
                [&] { return real_.open_parent(directory); });
  }
  Result<std::size_t> list(int directory, std::span<std::byte> buffer) override {
    return made({.call = Call::kList, .fd = directory},
                [&] { return real_.list(directory, buffer); });
  }
  Result<FileStatus> status_at(int directory, const char* name) override {
    return made({.call = Call::kStatusAt, .fd = directory, .name = name},
                [&] { return real_.status_at(directory, name); });
  }
  Result<FileStatus> status(int fd) override {
    return made({.call = Call::kStatus, .fd = fd}, [&] { return real_.status(fd); });
  }
  Result<std::string> link_target(int directory, const char* name) override {
    return made({.call = Call::kLinkTarget, .fd = directory, .name = name},
                [&] { return real_.link_target(directory, name); });
  }
  Result<std::string> file_system_id(int fd) override {
    return made({.call = Call::kFileSystemId, .fd = fd}, [&] { return real_.file_system_id(fd); });
  }
  Result<Sharing> sharing(int fd) override {
    return made({.call = Call::kSharing, .fd = fd}, [&] { return real_.sharing(fd); });
  }

  Result<Fd> open_file(int directory, const char* name) override {
    return made({.call = Call::kOpenFile, .fd = directory, .name = name},
                [&] { return real_.open_file(directory, name); });
  }
  Result<Fd> create_file(int directory, const char* name, std::uint32_t mode) override {
    return made({.call = Call::kCreateFile, .fd = directory, .name = name},
                [&] { return real_.create_file(directory, name, mode); });
  }
  Result<Fd> open_entry(int directory, const char* name) override {
    return made({.call = Call::kOpenEntry, .fd = directory, .name = name},
                [&] { return real_.open_entry(directory, name); });
  }
  Result<std::size_t> read(int fd, std::span<std::byte> buffer) override {
    return made({.call = Call::kRead, .fd = fd}, [&] { return real_.read(fd, buffer); });
  }
  Result<std::size_t> write(int fd, std::span<const std::byte> data) override {
    return made({.call = Call::kWrite, .fd = fd}, [&] { return real_.write(fd, data); });
  }
  Result<std::size_t> copy_range(int from, int to, std::size_t count) override {
    return made({.call = Call::kCopyRange, .fd = from},
                [&] { return real_.copy_range(from, to, count); });
  }
  Result<std::uint64_t> seek(int fd, std::uint64_t offset, Seek whence) override {
    return made({.call = Call::kSeek, .fd = fd, .whence = whence},
                [&] { return real_.seek(fd, offset, whence); });
  }
  Status set_size(int fd, std::uint64_t size) override {
    return made({.call = Call::kSetSize, .fd = fd}, [&] { return real_.set_size(fd, size); });
  }
  // One that fails closes all the same, as Linux does.
  Status close(Fd fd) override {
    return made({.call = Call::kClose, .fd = fd.get()}, [&] { return real_.close(std::move(fd)); });
  }

  Status make_directory(int directory, const char* name, std::uint32_t mode) override {
    return made({.call = Call::kMakeDirectory, .fd = directory, .name = name},
                [&] { return real_.make_directory(directory, name, mode); });
  }
  Status make_symlink(const char* target, int directory, const char* name) override {
    return made({.call = Call::kMakeSymlink, .fd = directory, .name = name},
                [&] { return real_.make_symlink(target, directory, name); });
  }
  Status make_node(int directory, const char* name, FileType type, std::uint32_t mode,
                   std::uint64_t rdev) override {
    return made({.call = Call::kMakeNode, .fd = directory, .name = name},
                [&] { return real_.make_node(directory, name, type, mode, rdev); });
  }
  Status make_link(int old_directory, const char* old_name, int new_directory,
                   const char* new_name) override {
    return made({.call = Call::kMakeLink,
                 .fd = old_directory,
                 .name = old_name,
                 .new_directory = new_directory,
                 .new_name = new_name},
                [&] { return real_.make_link(old_directory, old_name, new_directory, new_name); });
  }
  Status rename(int old_directory, const char* old_name, int new_directory, const char* new_name,
                RenameMode mode) override {
    return made(
        {.call = Call::kRename,
         .fd = old_directory,
         .name = old_name,
         .new_directory = new_directory,
         .new_name = new_name,
         .mode = mode},
        [&] { return real_.rename(old_directory, old_name, new_directory, new_name, mode); });
  }
  Status remove_file(int directory, const char* name) override {
    return made({.call = Call::kRemoveFile, .fd = directory, .name = name},
                [&] { return real_.remove_file(directory, name); });
  }
  Status remove_directory(int directory, const char* name) override {
    return made({.call = Call::kRemoveDirectory, .fd = directory, .name = name},
                [&] { return real_.remove_directory(directory, name); });
  }

  Status set_mode(Handle entry, std::uint32_t mode) override {
    return made({.call = Call::kSetMode, .fd = entry.fd},
                [&] { return real_.set_mode(entry, mode); });
  }
  Status set_owner(Handle entry, std::uint32_t uid, std::uint32_t gid) override {
    return made({.call = Call::kSetOwner, .fd = entry.fd},
                [&] { return real_.set_owner(entry, uid, gid); });
  }
  Status set_mtime(Handle entry, FileTime mtime) override {
    return made({.call = Call::kSetMtime, .fd = entry.fd},
                [&] { return real_.set_mtime(entry, mtime); });
  }

  Result<std::size_t> list_xattrs(Handle entry, std::span<char> buffer) override {
    return made({.call = Call::kListXattrs, .fd = entry.fd},
                [&] { return real_.list_xattrs(entry, buffer); });
  }
  Result<std::size_t> get_xattr(Handle entry, const char* name,
                                std::span<std::byte> buffer) override {
    return made({.call = Call::kGetXattr, .fd = entry.fd, .name = name},
                [&] { return real_.get_xattr(entry, name, buffer); });
  }
  Status set_xattr(Handle entry, const char* name, std::span<const std::byte> value) override {
    return made({.call = Call::kSetXattr, .fd = entry.fd, .name = name},
                [&] { return real_.set_xattr(entry, name, value); });
  }
  Status remove_xattr(Handle entry, const char* name) override {
    return made({.call = Call::kRemoveXattr, .fd = entry.fd, .name = name},
                [&] { return real_.remove_xattr(entry, name); });
  }

  Status sync(int fd) override {
    return made({.call = Call::kSync, .fd = fd}, [&] { return real_.sync(fd); });
  }
  Status sync_all(int fd) override {
    return made({.call = Call::kSyncAll, .fd = fd}, [&] { return real_.sync_all(fd); });
  }
  Result<FileSystemFacts> facts(int fd) override {
    return made({.call = Call::kFacts, .fd = fd}, [&] { return real_.facts(fd); });
  }

  Status lock(int fd) override {
    return made({.call = Call::kLock, .fd = fd}, [&] { return real_.lock(fd); });
  }

 private:
  template <class Make>
  auto made(CallInfo info, Make make) -> decltype(make()) {
    const int number = verdict(info);
    if constexpr (std::is_same_v<decltype(make()), Result<std::size_t>>) {
      if (number == kEndOfFile) return std::size_t{0};
    }
    if (number != 0) {
      return system_error(to_string(info.call), number);
    }
    return make();
  }

  int verdict(CallInfo& info) {
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

  PosixFileSystem real_;
  std::mutex mutex_;
  std::vector<Interceptor> interceptors_;
  std::uint64_t number_ = 0;
  std::array<std::uint64_t, kCalls> numbers_{};
  std::string first_failure_;
};

// How long a fault lasts.
enum class Lasting : std::uint8_t {
  kOnce,
  kSameCall,    // every later call of the same method fails too
  kEverything,  // every later call of any method fails too
};

// Fails the n-th call of all, from 1.
inline Interceptor fail_at(std::uint64_t nth, int error_number, Lasting lasting) {
  return [=, failed = std::optional<Call>()](const CallInfo& info) mutable {
    if (info.number < nth) return 0;
    if (info.number == nth) failed = info.call;
    const bool fails = info.number == nth || lasting == Lasting::kEverything ||
                       (lasting == Lasting::kSameCall && failed == info.call);
    return fails ? error_number : 0;
  };
}

// Fails every call of one method.
inline Interceptor fail_all(Call call, int error_number) {
  return [=](const CallInfo& info) { return info.call == call ? error_number : 0; };
}

// Fails the n-th call of one method, from 1.
inline Interceptor fail_nth(Call call, std::uint64_t nth, int error_number) {
  return [=](const CallInfo& info) {
    return info.call == call && info.number_of_kind == nth ? error_number : 0;
  };
}

// Fails every rename of one mode, as a file system does that lacks it.
inline Interceptor lack_rename(RenameMode mode, int error_number) {
  return [=](const CallInfo& info) {
    return info.call == Call::kRename && info.mode == mode ? error_number : 0;
  };
}

// Acts once, before the first call that `when` holds for.
inline Interceptor act_before(std::function<bool(const CallInfo&)> when,
                              std::function<void()> act) {
  return
      [when = std::move(when), act = std::move(act), acted = false](const CallInfo& info) mutable {
        if (acted || !when(info)) return 0;
        acted = true;
        act();
        return 0;
      };
}

// Acts once, before the first call of one method that names `name`.
inline Interceptor act_before(Call call, std::string name, std::function<void()> act) {
  return act_before([call, name = std::move(name)](
                        const CallInfo& info) { return info.call == call && info.names(name); },
                    std::move(act));
}

}  // namespace foldersync
