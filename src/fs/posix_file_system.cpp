#include "fs/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <span>
#include <string>

#include "fs/known_file_systems.h"
#include "fs/left_names.h"
#include "fs/mount_table.h"

namespace foldersync {
namespace {

constexpr unsigned kStatusMask = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;

// The result of `call`, repeated while a signal interrupts it; -1 with errno set otherwise.
template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

Result<Fd> open_at(int directory, const char* name, int flags, std::uint32_t mode = 0,
                   const char* operation = "open") {
  const int fd = retried([&] { return ::openat(directory, name, flags, mode); });
  if (fd < 0) return system_error(operation, errno);
  return Fd(fd);
}

Status done(long result, const char* operation) {
  if (result < 0) return system_error(operation, errno);
  return success();
}

Result<std::size_t> counted(ssize_t result, const char* operation) {
  if (result < 0) return system_error(operation, errno);
  return static_cast<std::size_t>(result);
}

std::optional<FileType> type_of(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileType::kFile;
    case S_IFDIR:
      return FileType::kDirectory;
    case S_IFLNK:
      return FileType::kSymlink;
    case S_IFIFO:
      return FileType::kFifo;
    case S_IFSOCK:
      return FileType::kSocket;
    case S_IFCHR:
      return FileType::kCharDevice;
    case S_IFBLK:
      return FileType::kBlockDevice;
    default:
      return std::nullopt;
  }
}

unsigned mode_bits(FileType type) {
  switch (type) {
    case FileType::kFifo:
      return S_IFIFO;
    case FileType::kSocket:
      return S_IFSOCK;
    case FileType::kCharDevice:
      return S_IFCHR;
    case FileType::kBlockDevice:
      return S_IFBLK;
    default:
      return S_IFREG;
  }
}

FileTime time_of(const statx_timestamp& stamp) { return {stamp.tv_sec, stamp.tv_nsec}; }

// As an incarnation. Requires: it is told.
std::uint64_t birth_of(const struct statx& found) {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  return static_cast<std::uint64_t>(found.stx_btime.tv_sec) * kNanoseconds +
         found.stx_btime.tv_nsec;
}

Result<FileStatus> status_from(int fd, const char* name, int flags) {
  struct statx found {};
  const long result = retried([&] {
    return ::statx(fd, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, kStatusMask, &found);
  });
  if (result < 0) return system_error("statx", errno);
  const auto type = type_of(found.stx_mode);
  if (!type) return system_error("statx", EINVAL);
  FileStatus status;
  status.type = *type;
  status.mode = found.stx_mode & 07777U;
  status.uid = found.stx_uid;
  status.gid = found.stx_gid;
  status.size = found.stx_size;
  status.blocks = found.stx_blocks;
  status.mtime = time_of(found.stx_mtime);
  status.ctime = time_of(found.stx_ctime);
  if ((found.stx_mask & STATX_BTIME) != 0) status.incarnation = birth_of(found);
  status.inode = found.stx_ino;
  status.device = makedev(found.stx_dev_major, found.stx_dev_minor);
  status.mount = found.stx_mnt_id;
  status.rdev = makedev(found.stx_rdev_major, found.stx_rdev_minor);
  status.links = found.stx_nlink;
  status.mount_root = (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  status.immutable = (found.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0;
  return status;
}

Result<FileStatus> status_by_path(int fd, const char* name, int flags,
                                  int sync = AT_STATX_FORCE_SYNC) {
  auto status = status_from(fd, name, flags | sync);
  if (status) status->by_path = true;
  return status;
}

// Where the kernel shows what a descriptor stands for.
class ProcPath {
 public:
  explicit ProcPath(int fd) { std::snprintf(text_.data(), text_.size(), "/proc/self/fd/%d", fd); }
  [[nodiscard]] const char* c_str() const { return text_.data(); }

 private:
  std::array<char, 32> text_{};
};

enum class Look : std::uint8_t { kByNumber, kByPath };

// There is one system, however it is looked at.
class PosixFileSystem final : public FileSystem {
 public:
  explicit PosixFileSystem(Look look) : look_(look) {}
  static FileSystem& looking(Look look) {
    static PosixFileSystem by_number(Look::kByNumber);
    static PosixFileSystem by_path(Look::kByPath);
    return look == Look::kByPath ? by_path : by_number;
  }

  FileSystem& by_path() override { return looking(Look::kByPath); }
  FileSystem& by_number() override { return looking(Look::kByNumber); }
  [[nodiscard]] const FileSystem& system() const override { return looking(Look::kByNumber); }

  Result<Fd> open_root(const char* path) override {
    return open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }

  Result<Fd> open_above(const char* path) override {
    return open_at(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  }

  Result<Fd> open_on_the_way(int directory, const char* name) override {
    return open_at(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }

  Result<Fd> open_inherited(int number) override {
    // What this program opens itself is closed by exec, and what it was started with was not.
    const int flags = ::fcntl(number, F_GETFD);
    if (flags < 0 || (flags & FD_CLOEXEC) != 0) return system_error("open", EBADF);
    const int fd = ::fcntl(number, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) return system_error("open", errno);
    return Fd(fd);
  }

  Result<Fd> open_directory(int directory, const char* name) override {
    return open_at(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }

  Result<Fd> open_parent(int directory) override {
    return open_at(directory, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
  }

  Result<std::size_t> list(int directory, std::span<std::byte> buffer) override {
    return counted(
        retried([&] { return ::syscall(SYS_getdents64, directory, buffer.data(), buffer.size()); }),
        "getdents");
  }

  Result<FileStatus> status_at(int directory, const char* name) override {
    return look_ == Look::kByPath ? status_by_path(directory, name, 0)
                                  : status_from(directory, name, 0);
  }

  Result<FileStatus> status(int fd) override {
    return look_ == Look::kByPath ? status_by_path(fd, "", AT_EMPTY_PATH)
                                  : status_from(fd, "", AT_EMPTY_PATH);
  }

  Result<FileStatus> status_as_made(int fd) override {
    return look_ == Look::kByPath ? status_by_path(fd, "", AT_EMPTY_PATH, AT_STATX_DONT_SYNC)
                                  : status_from(fd, "", AT_EMPTY_PATH);
  }

  Result<std::string> link_target(int directory, const char* name) override {
    std::array<char, 4097> buffer{};
    const ssize_t length =
        retried([&] { return ::readlinkat(directory, name, buffer.data(), buffer.size()); });
    if (length < 0) return system_error("readlink", errno);
    if (static_cast<std::size_t>(length) == buffer.size())
      return system_error("readlink", ENAMETOOLONG);
    return std::string(buffer.data(), static_cast<std::size_t>(length));
  }

  Result<std::string> file_system_id(int fd) override {
    return foldersync::file_system_id(*this, fd);
  }

  Result<std::vector<std::string>> file_system_ids(int fd) override {
    return foldersync::file_system_ids(*this, fd);
  }

  Result<std::string> mounted_as(int fd) override {
    const auto status = TRY(this->status(fd));
    const auto table = TRY(open_at(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto count = TRY(read(table.get(), std::as_writable_bytes(std::span(buffer))));
      if (count == 0) break;
      text.append(buffer.data(), count);
    }
    const auto found = foldersync::mounted_as(text, status.mount);
    if (!found) return system_error("mountinfo", ENOENT);
    return *found;
  }

  Result<std::string> path_of(int fd) override {
    return link_target(AT_FDCWD, ProcPath(fd).c_str());
  }

  Result<Sharing> sharing(int fd) override { return sharing_of(fd); }

  bool is_read_only(int directory, const char* name) override {
    return faccessat(directory, name, W_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) != 0 &&
           errno == EROFS;
  }

  Result<FileSystemFacts> facts(int fd) override { return facts_of(fd); }

  Result<Fd> open_file(int directory, const char* name) override {
    constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    auto fd = open_at(directory, name, kFlags | O_NOATIME);
    return fd || fd.error().error_number != EPERM ? std::move(fd)
                                                  : open_at(directory, name, kFlags);
  }

  Result<Fd> create_file(int directory, const char* name, std::uint32_t mode) override {
    return open_at(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode,
                   "create");
  }

  Result<Fd> create_nameless(int directory, std::uint32_t mode) override {
    return open_at(directory, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode, "create");
  }

  Status give_name(int fd, int directory, const char* name) override {
    return done(::linkat(AT_FDCWD, ProcPath(fd).c_str(), directory, name, AT_SYMLINK_FOLLOW),
                "link");
  }

  Result<Fd> open_for_writing(int directory, const char* name) override {
    return open_at(directory, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  }

  Result<Fd> open_entry(int directory, const char* name) override {
    return open_at(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  }

  Result<std::size_t> read(int fd, std::span<std::byte> buffer) override {
    return counted(retried([&] { return ::read(fd, buffer.data(), buffer.size()); }), "read");
  }

  // A page that somebody has mapped survives the first call, on most file systems; the second
  // passes it by. Where other machines take part, they have memory of their own.
  ReadFrom read_past_cache(int fd) override {
    (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    const int flags = ::fcntl(fd, F_GETFL);
    const bool is_direct = flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_DIRECT) == 0;
    const auto shared = sharing(fd);
    return is_direct && shared && *shared == Sharing::kLocal ? ReadFrom::kDisk
                                                             : ReadFrom::kPerhapsMemory;
  }

  void read_through_cache(int fd) override {
    if (const int flags = ::fcntl(fd, F_GETFL); flags >= 0) {
      (void)::fcntl(fd, F_SETFL, flags & ~O_DIRECT);
    }
  }

  Result<std::size_t> write(int fd, std::span<const std::byte> data) override {
    return counted(retried([&] { return ::write(fd, data.data(), data.size()); }), "write");
  }

  Result<std::size_t> copy_range(int from, int to, std::size_t count) override {
    return counted(retried([&] { return ::copy_file_range(from, nullptr, to, nullptr, count, 0); }),
                   "copy_file_range");
  }

  Status clone(int from, int to) override {
    return done(retried([&] { return ::ioctl(to, FICLONE, from); }), "clone");
  }

  Result<std::uint64_t> seek(int fd, std::uint64_t offset, Seek whence) override {
    const int how = whence == Seek::kStart  ? SEEK_SET
                    : whence == Seek::kData ? SEEK_DATA
                                            : SEEK_HOLE;
    const off_t result = ::lseek(fd, static_cast<off_t>(offset), how);
    if (result < 0) return system_error("lseek", errno);
    return static_cast<std::uint64_t>(result);
  }

  Status set_size(int fd, std::uint64_t size) override {
    return done(retried([&] { return ::ftruncate(fd, static_cast<off_t>(size)); }), "ftruncate");
  }

  Status close(Fd fd) override {
    // Linux frees the number even where close is interrupted: never repeated.
    if (::close(fd.release()) < 0 && errno != EINTR) return system_error("close", errno);
    return success();
  }

  Status make_directory(int directory, const char* name, std::uint32_t mode) override {
    return done(::mkdirat(directory, name, mode), "mkdir");
  }

  Status make_symlink(const char* target, int directory, const char* name) override {
    return done(::symlinkat(target, directory, name), "symlink");
  }

  Status make_node(int directory, const char* name, FileType type, std::uint32_t mode,
                   std::uint64_t rdev) override {
    return done(::mknodat(directory, name, mode_bits(type) | mode, rdev), "mknod");
  }

  Status make_link(int old_directory, const char* old_name, int new_directory,
                   const char* new_name) override {
    return done(::linkat(old_directory, old_name, new_directory, new_name, 0), "link");
  }

  Status rename(int old_directory, const char* old_name, int new_directory, const char* new_name,
                RenameMode mode) override {
    const unsigned flags = mode == RenameMode::kNoReplace  ? RENAME_NOREPLACE
                           : mode == RenameMode::kExchange ? RENAME_EXCHANGE
                                                           : 0U;
    return done(::renameat2(old_directory, old_name, new_directory, new_name, flags), "rename");
  }

  Status remove_file(int directory, const char* name) override {
    return done(::unlinkat(directory, name, 0), "unlink");
  }

  Status remove_directory(int directory, const char* name) override {
    const auto remove = [&] { return done(::unlinkat(directory, name, AT_REMOVEDIR), "rmdir"); };
    Status removed = remove();
    if (removed || look_ == Look::kByNumber || removed.error().error_number == ENOENT)
      return removed;
    return remove_once_empty(*this, {directory, name}, remove);
  }

  Status set_mode(Handle entry, std::uint32_t mode) override {
    return done(
        entry.path_only ? ::chmod(ProcPath(entry.fd).c_str(), mode) : ::fchmod(entry.fd, mode),
        "chmod");
  }

  Status set_owner(Handle entry, std::uint32_t uid, std::uint32_t gid) override {
    return done(::fchownat(entry.fd, "", uid, gid, AT_EMPTY_PATH), "chown");
  }

  Status may_add_entries(int directory) override {
    constexpr int kFlags = AT_EACCESS | AT_SYMLINK_NOFOLLOW;
    return done(::faccessat(directory, ".", W_OK | X_OK, kFlags), "access");
  }

  Status set_mtime(Handle entry, FileTime mtime) override {
    std::array<timespec, 2> times{};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = mtime.seconds;
    times[1].tv_nsec = static_cast<long>(mtime.nanoseconds);
    const auto set = [&] {
      return entry.path_only ? ::utimensat(entry.fd, "", times.data(), AT_EMPTY_PATH)
                             : ::futimens(entry.fd, times.data());
    };
    if (set() < 0) return system_error("utimens", errno);
    // Some FUSE file systems do nothing at all unless both times are given.
    struct stat now {};
    if (::fstatat(entry.fd, "", &now, AT_EMPTY_PATH) < 0) return success();
    // Within one second it may be the time that it had.
    if (now.st_mtim.tv_sec == mtime.seconds && now.st_mtim.tv_nsec == times[1].tv_nsec) {
      return success();
    }
    times[0] = now.st_atim;
    return done(set(), "utimens");
  }

  Result<std::size_t> list_xattrs(Handle entry, std::span<char> buffer) override {
    const ssize_t listed =
        entry.path_only ? ::listxattr(ProcPath(entry.fd).c_str(), buffer.data(), buffer.size())
                        : ::flistxattr(entry.fd, buffer.data(), buffer.size());
    // So rclone says that there are none.
    if (listed < 0 && errno == EIO && look_ == Look::kByPath) {
      return system_error("listxattr", ENOTSUP);
    }
    return counted(listed, "listxattr");
  }

  Result<std::size_t> get_xattr(Handle entry, const char* name,
                                std::span<std::byte> buffer) override {
    return counted(entry.path_only
                       ? ::getxattr(ProcPath(entry.fd).c_str(), name, buffer.data(), buffer.size())
                       : ::fgetxattr(entry.fd, name, buffer.data(), buffer.size()),
                   "getxattr");
  }

  Status set_xattr(Handle entry, const char* name, std::span<const std::byte> value) override {
    return done(entry.path_only
                    ? ::setxattr(ProcPath(entry.fd).c_str(), name, value.data(), value.size(), 0)
                    : ::fsetxattr(entry.fd, name, value.data(), value.size(), 0),
                "setxattr");
  }

  Status remove_xattr(Handle entry, const char* name) override {
    return done(entry.path_only ? ::removexattr(ProcPath(entry.fd).c_str(), name)
                                : ::fremovexattr(entry.fd, name),
                "removexattr");
  }

  Status sync(int fd) override {
    return done(retried([&] { return ::fsync(fd); }), "fsync");
  }

  Status sync_all(int fd) override {
    return done(retried([&] { return ::syncfs(fd); }), "syncfs");
  }

  Result<std::optional<std::uint64_t>> incarnation(int fd) override {
    using Incarnation = std::optional<std::uint64_t>;
    struct statx found {};
    if (retried([&] { return ::statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &found); }) < 0) {
      return system_error("statx", errno);
    }
    if ((found.stx_mask & STATX_BTIME) != 0) return Incarnation(birth_of(found));
    // A driver may take the number of this request for another one of its own.
    if (!S_ISREG(found.stx_mode) && !S_ISDIR(found.stx_mode)) return Incarnation();
    long generation = 0;  // as many bytes as the request says; most file systems write four of them
    const bool is_told = ::ioctl(fd, FS_IOC_GETVERSION, &generation) == 0;
    if (!is_told && errno == EBADF) {
      constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
      const Fd readable(retried([&] { return ::open(ProcPath(fd).c_str(), kFlags); }));
      if (!readable.is_open() || ::ioctl(readable.get(), FS_IOC_GETVERSION, &generation) < 0) {
        return Incarnation();
      }
    } else if (!is_told) {
      return Incarnation();
    }
    return Incarnation(static_cast<std::uint32_t>(generation));
  }

  Status lock(int fd) override {
    return done(retried([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }), "flock");
  }

 private:
  Look look_;
};

}  // namespace

FileSystem& posix_file_system() { return PosixFileSystem::looking(Look::kByNumber); }

}  // namespace foldersync
