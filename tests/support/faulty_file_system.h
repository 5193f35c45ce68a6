// A file system that counts its calls, fails some of them and lets a test act before them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/posix_file_system.h"

namespace foldersync {

// The methods of FileSystem.
enum class Call : std::uint8_t {
  kOpenRoot,
  kOpenAbove,
  kOpenOnTheWay,
  kOpenInherited,
  kOpenDirectory,
  kOpenParent,
  kList,
  kStatusAt,
  kStatus,
  kIncarnation,
  kLinkTarget,
  kFileSystemId,
  kMountedAs,
  kSharing,
  kOpenFile,
  kCreateFile,
  kCreateNameless,
  kGiveName,
  kOpenForWriting,
  kOpenEntry,
  kRead,
  kWrite,
  kCopyRange,
  kClone,
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
  kMayAddEntries,
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

const char* to_string(Call call);

// Whether the call changes what a tree holds.
bool is_changing(Call call);

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

  // From now on what is to be made durable is only counted, or fails: real disks take their time.
  void skip_syncs(bool skipped = true) { skips_syncs_ = skipped; }

  [[nodiscard]] std::uint64_t calls() const { return number_; }
  [[nodiscard]] std::uint64_t calls(Call call) const {
    return numbers_.at(static_cast<std::size_t>(call));
  }
  // The call that failed first, for messages: "rename #3 'a'"; empty where none did.
  [[nodiscard]] const std::string& first_failure() const { return first_failure_; }

  Result<Fd> open_root(const char* path) override;
  Result<Fd> open_above(const char* path) override;
  Result<Fd> open_on_the_way(int directory, const char* name) override;
  Result<Fd> open_inherited(int number) override;
  Result<Fd> open_directory(int directory, const char* name) override;
  Result<Fd> open_parent(int directory) override;
  Result<std::size_t> list(int directory, std::span<std::byte> buffer) override;
  Result<FileStatus> status_at(int directory, const char* name) override;
  Result<FileStatus> status(int fd) override;
  Result<std::optional<std::uint64_t>> incarnation(int fd) override;
  Result<std::string> link_target(int directory, const char* name) override;
  Result<std::string> file_system_id(int fd) override;
  Result<std::string> mounted_as(int fd) override;
  Result<Sharing> sharing(int fd) override;
  bool is_read_only(int directory, const char* name) override {
    return real_.is_read_only(directory, name);
  }

  Result<Fd> open_file(int directory, const char* name) override;
  Result<Fd> create_file(int directory, const char* name, std::uint32_t mode) override;
  Result<Fd> create_nameless(int directory, std::uint32_t mode) override;
  Status give_name(int fd, int directory, const char* name) override;
  Result<Fd> open_for_writing(int directory, const char* name) override;
  Result<Fd> open_entry(int directory, const char* name) override;
  Result<std::size_t> read(int fd, std::span<std::byte> buffer) override;
  Result<std::size_t> write(int fd, std::span<const std::byte> data) override;
  Result<std::size_t> copy_range(int from, int to, std::size_t count) override;
  Status clone(int from, int to) override;
  Result<std::uint64_t> seek(int fd, std::uint64_t offset, Seek whence) override;
  Status set_size(int fd, std::uint64_t size) override;
  // One that fails closes all the same, as Linux does.
  Status close(Fd fd) override;

  Status make_directory(int directory, const char* name, std::uint32_t mode) override;
  Status make_symlink(const char* target, int directory, const char* name) override;
  Status make_node(int directory, const char* name, FileType type, std::uint32_t mode,
                   std::uint64_t rdev) override;
  Status make_link(int old_directory, const char* old_name, int new_directory,
                   const char* new_name) override;
  Status rename(int old_directory, const char* old_name, int new_directory, const char* new_name,
                RenameMode mode) override;
  Status remove_file(int directory, const char* name) override;
  Status remove_directory(int directory, const char* name) override;

  Status set_mode(Handle entry, std::uint32_t mode) override;
  Status set_owner(Handle entry, std::uint32_t uid, std::uint32_t gid) override;
  Status set_mtime(Handle entry, FileTime mtime) override;
  Status may_add_entries(int directory) override;

  Result<std::size_t> list_xattrs(Handle entry, std::span<char> buffer) override;
  Result<std::size_t> get_xattr(Handle entry, const char* name,
                                std::span<std::byte> buffer) override;
  Status set_xattr(Handle entry, const char* name, std::span<const std::byte> value) override;
  Status remove_xattr(Handle entry, const char* name) override;

  Status sync(int fd) override;
  Status sync_all(int fd) override;
  Result<FileSystemFacts> facts(int fd) override;
  Status lock(int fd) override;

 private:
  template <class Make>
  auto made(CallInfo info, Make make) -> decltype(make());
  int verdict(CallInfo& info);

  FileSystem& real_ = posix_file_system();
  std::mutex mutex_;
  std::vector<Interceptor> interceptors_;
  std::uint64_t number_ = 0;
  std::array<std::uint64_t, kCalls> numbers_{};
  std::string first_failure_;
  bool skips_syncs_ = false;
};

// How long a fault lasts.
enum class Lasting : std::uint8_t {
  kOnce,
  kSameCall,    // every later call of the same method fails too
  kEverything,  // every later call of any method fails too
};

// Fails the n-th call of all, from 1.
Interceptor fail_at(std::uint64_t nth, int error_number, Lasting lasting);

// Fails every call of one method.
Interceptor fail_all(Call call, int error_number);

// Fails the n-th call of one method, from 1.
Interceptor fail_nth(Call call, std::uint64_t nth, int error_number);

// Fails every rename of one mode, as a file system does that lacks it.
Interceptor lack_rename(RenameMode mode, int error_number);

// Acts once, before the first call that `when` holds for.
Interceptor act_before(std::function<bool(const CallInfo&)> when, std::function<void()> act);

// Acts once, before the first call of one method that names `name`.
Interceptor act_before(Call call, std::string name, std::function<void()> act);

}  // namespace foldersync
