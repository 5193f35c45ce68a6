// The one door to the operating system.
//
// Every method is one system call (where it says so, one of a few), relative to a directory
// descriptor, with a single name component, and never follows a link in that component. Interrupted
// calls are repeated. Errors carry the call's name and errno; their path is left to the caller.
// Names end with NUL. Any number of threads may call.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/denial.h"
#include "fs/fd.h"

namespace foldersync {

inline constexpr std::size_t kDirectAlignment = 4096;

enum class RenameMode : std::uint8_t {
  kNoReplace,  // fails with EEXIST where the new name is taken
  kExchange,   // both names must exist and change places
  kReplace,    // what has the new name vanishes
};

// Who can change what a file system holds, and whether stamps tell.
enum class Sharing : std::uint8_t {
  kLocal,   // nobody but this system
  kShared,  // other machines and programs too (network file systems, FUSE), or it is not known
  // Nobody but this system, but what is stored through a mapping leaves the stamps as they are:
  // in memory, where nothing is ever written back.
  kUnstamped,
};

// Where what is read of an open file comes from: surely from the disk, or perhaps from memory, here
// or on another machine.
enum class ReadFrom : std::uint8_t { kDisk, kPerhapsMemory };

enum class Seek : std::uint8_t { kStart, kData, kHole };

// Whether a file system keeps a symlink's target to itself, by the error: one by path may (sshfs,
// of what leads out of the mount).
inline bool is_kept_back(const FileStatus& link, const Error& error) {
  return link.by_path && error.error_number == EPERM;
}
// What stands for it then: a question mark for each byte.
inline std::string kept_back_target(const FileStatus& link) { return std::string(link.size, '?'); }

// Something that is open, and how: by a descriptor for reading or writing, or by one that only
// stands for the entry (O_PATH), on which metadata is set through /proc/self/fd.
struct Handle {
  int fd = -1;
  bool path_only = false;
};

struct FileSystemFacts {
  std::uint64_t free_bytes = 0;  // for this process
  std::uint64_t block = 1;       // bytes; what a file takes is a multiple of it
  // An object has one number for ever; false: it is not known.
  bool keeps_numbers = false;
  bool has_sync_all = false;      // sync_all() reaches what is behind it: not so with FUSE
  bool clones = false;            // files can share what they hold
  bool moves_directories = true;  // they can get another name: not so with overlays
  bool shows_processes = false;   // procfs, whose links may lead elsewhere than their text says
  std::uint64_t free_inodes = std::numeric_limits<std::uint64_t>::max();
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The same system, for a tree on a file system of which only names can be relied on: statuses say
  // so, see FileStatus::by_path, and are asked of the file system each time, since what the kernel
  // remembers of them is late.
  virtual FileSystem& by_path() { return *this; }
  // The same system, where numbers can be relied on.
  virtual FileSystem& by_number() { return *this; }
  // What gives the numbers: see is_one_system().
  [[nodiscard]] virtual const FileSystem& system() const { return *this; }

  // Opens a folder that a person named: the only methods that take a path and follow links are this
  // one and open_above().
  virtual Result<Fd> open_root(const char* path) = 0;
  // The same, only to look up names in it (O_PATH): needs no permission to read it.
  virtual Result<Fd> open_above(const char* path) = 0;
  // A directory on the way down, only to look up names in it (O_PATH): needs no permission to read
  // it. ENOTDIR where the name is anything else, a link included.
  virtual Result<Fd> open_on_the_way(int directory, const char* name) = 0;
  // The descriptor of that number, once more, where whoever started this program had opened it.
  // EBADF where there is none, or the program has opened it itself.
  virtual Result<Fd> open_inherited(int number) = 0;
  virtual Result<Fd> open_directory(int directory, const char* name) = 0;
  // The directory above; ".." of a root is the root itself.
  virtual Result<Fd> open_parent(int directory) = 0;
  // Raw getdents64 records; 0 at the end. Requires: buffer aligned to 8, at least 512 bytes.
  virtual Result<std::size_t> list(int directory, std::span<std::byte> buffer) = 0;
  virtual Result<FileStatus> status_at(int directory, const char* name) = 0;
  virtual Result<FileStatus> status(int fd) = 0;
  // The same of what this process has just made, as the file system has told when it was made: its
  // owner and mode need not be asked for once more.
  virtual Result<FileStatus> status_as_made(int fd) { return status(fd); }
  // What tells the object from an earlier one of the same inode number, whatever is done to it: its
  // birth time, or else its generation (of files and directories; by an O_PATH descriptor only
  // where the entry may be read; a few calls). Nothing where neither is told. To be compared, and
  // no more.
  virtual Result<std::optional<std::uint64_t>> incarnation(int fd) = 0;
  // With an empty name of the link itself that open_entry() has opened as `directory`.
  virtual Result<std::string> link_target(int directory, const char* name) = 0;
  // Which file system holds `fd`: its UUID, else its id, else its device number; printable ASCII.
  virtual Result<std::string> file_system_id(int fd) = 0;
  // All the names of it that can be had, each as above, never none: first those that with an inode
  // number are one folder's own, then the device number ("dev:..."), and what tells no more than
  // that, or of which subvolume it is nothing.
  virtual Result<std::vector<std::string>> file_system_ids(int fd) {
    return std::vector{TRY(file_system_id(fd))};
  }
  // What is mounted there, see mount_table.h; a few calls.
  virtual Result<std::string> mounted_as(int fd) = 0;
  // The path by which this system knows the open folder now, links left behind.
  virtual Result<std::string> path_of(int fd) {
    (void)fd;
    return system_error("readlink", ENOSYS);
  }
  // Who can change what the file system of `fd` holds.
  virtual Result<Sharing> sharing(int fd) = 0;

  // Whether a file or directory is in a part of a file system that nobody may change now, root
  // included: a read-only mount or snapshot (EROFS). What can't be told is not.
  virtual bool is_read_only(int directory, const char* name) = 0;

  // For reading; does not block on a FIFO and does not touch the access time where that is allowed.
  virtual Result<Fd> open_file(int directory, const char* name) = 0;
  // A new file, for reading and writing. EEXIST where the name is taken.
  virtual Result<Fd> create_file(int directory, const char* name, std::uint32_t mode) = 0;
  // A new file without a name, for reading and writing; EOPNOTSUPP, EISDIR or EINVAL where there
  // are none. It vanishes with its last descriptor, unless it is given a name.
  virtual Result<Fd> create_nameless(int directory, std::uint32_t mode) = 0;
  // EEXIST where the name is taken.
  virtual Status give_name(int fd, int directory, const char* name) = 0;
  // A file that is there, for reading and writing; does not block on a FIFO.
  virtual Result<Fd> open_for_writing(int directory, const char* name) = 0;
  // A descriptor that only stands for the entry; any type, no permission on the entry needed.
  virtual Result<Fd> open_entry(int directory, const char* name) = 0;
  virtual Result<std::size_t> read(int fd, std::span<std::byte> buffer) = 0;  // 0 at the end
  // From here on reading asks the disk where that can be had: what the page cache holds is dropped,
  // and passed by (posix_fadvise, O_DIRECT). The buffer, its length and the offset are to be
  // multiples of kDirectAlignment then; otherwise read() may give EINVAL.
  virtual ReadFrom read_past_cache(int fd) {
    (void)fd;
    return ReadFrom::kPerhapsMemory;
  }
  // The opposite.
  virtual void read_through_cache(int fd) { (void)fd; }
  virtual Result<std::size_t> write(int fd, std::span<const std::byte> data) = 0;
  // copy_file_range between the current offsets; 0 at the end of `from`.
  virtual Result<std::size_t> copy_range(int from, int to, std::size_t count) = 0;
  // The empty file `to` gets all that `from` holds, and shares it with it (FICLONE). EOPNOTSUPP,
  // EXDEV or EINVAL where that can't be; after any error `to` may hold something.
  virtual Status clone(int from, int to) = 0;
  virtual Result<std::uint64_t> seek(int fd, std::uint64_t offset, Seek whence) = 0;
  virtual Status set_size(int fd, std::uint64_t size) = 0;
  // Closes and tells of write errors that come late.
  virtual Status close(Fd fd) = 0;

  virtual Status make_directory(int directory, const char* name, std::uint32_t mode) = 0;
  virtual Status make_symlink(const char* target, int directory, const char* name) = 0;
  // A FIFO, socket or device. Requires: `type` is one of these.
  virtual Status make_node(int directory, const char* name, FileType type, std::uint32_t mode,
                           std::uint64_t rdev) = 0;
  virtual Status make_link(int old_directory, const char* old_name, int new_directory,
                           const char* new_name) = 0;
  virtual Status rename(int old_directory, const char* old_name, int new_directory,
                        const char* new_name, RenameMode mode) = 0;
  virtual Status remove_file(int directory, const char* name) = 0;
  virtual Status remove_directory(int directory, const char* name) = 0;

  virtual Status set_mode(Handle entry, std::uint32_t mode) = 0;
  virtual Status set_owner(Handle entry, std::uint32_t uid, std::uint32_t gid) = 0;
  virtual Status set_mtime(Handle entry, FileTime mtime) = 0;  // leaves the access time alone

  // Whether entries can be made in the directory, as far as its permissions, its flags and its
  // mount tell: EACCES, EPERM or EROFS. Nothing is said of removing what belongs to others.
  virtual Status may_add_entries(int directory) = 0;

  // Names separated by NUL. ERANGE where the buffer is too small, ENOTSUP where there are none; by
  // path also for EIO.
  virtual Result<std::size_t> list_xattrs(Handle entry, std::span<char> buffer) = 0;
  virtual Result<std::size_t> get_xattr(Handle entry, const char* name,
                                        std::span<std::byte> buffer) = 0;
  virtual Status set_xattr(Handle entry, const char* name, std::span<const std::byte> value) = 0;
  virtual Status remove_xattr(Handle entry, const char* name) = 0;

  // Makes what `fd` stands for durable: a file's content and metadata, a directory's entries. Never
  // to be repeated after an error: the kernel may have dropped what it could not write.
  virtual Status sync(int fd) = 0;
  // The same for all of the file system that holds `fd`.
  virtual Status sync_all(int fd) = 0;
  // Of the file system that holds `fd`.
  virtual Result<FileSystemFacts> facts(int fd) = 0;

  // An exclusive lock that dies with the descriptor; EWOULDBLOCK where somebody else holds it.
  virtual Status lock(int fd) = 0;
};

// Whether device and inode numbers of both are given by one system, so that an object of the one
// can be found in the other, and a descriptor of the one used in the other. Nowhere else are they
// compared.
inline bool is_one_system(const FileSystem& a, const FileSystem& b) {
  return &a.system() == &b.system();
}

}  // namespace foldersync
