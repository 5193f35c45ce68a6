// What the file system says of one entry.
#pragma once

#include <array>
#include <cstdint>

#include "core/file_time.h"
#include "core/words.h"

namespace foldersync {

enum class FileType : std::uint8_t {
  kFile,
  kDirectory,
  kSymlink,
  kFifo,
  kSocket,
  kCharDevice,
  kBlockDevice,
};

// The words of the plan document.
inline constexpr std::array kFileTypeWords{
    Worded{FileType::kFile, "file"},        Worded{FileType::kDirectory, "dir"},
    Worded{FileType::kSymlink, "symlink"},  Worded{FileType::kFifo, "fifo"},
    Worded{FileType::kSocket, "socket"},    Worded{FileType::kCharDevice, "char"},
    Worded{FileType::kBlockDevice, "block"}};
inline constexpr auto kFileTypes = values_of(kFileTypeWords);
constexpr const char* to_string(FileType type) { return word_of(kFileTypeWords, type); }

// Bits of a mode.
inline constexpr std::uint32_t kSetUser = 04000;
inline constexpr std::uint32_t kSetGroup = 02000;
inline constexpr std::uint32_t kSetIds = kSetUser | kSetGroup;
inline constexpr std::uint32_t kSticky = 01000;
inline constexpr std::uint32_t kSpecialBits = kSetIds | kSticky;
inline constexpr std::uint32_t kOwnerAll = 0700;
inline constexpr std::uint32_t kOwnerRead = 0400;
inline constexpr std::uint32_t kOwnerWrite = 0200;
inline constexpr std::uint32_t kOthersWrite = 0022;
inline constexpr std::uint32_t kPrivate = 0600;  // of files of the program's own

inline constexpr std::uint64_t kBlockUnit = 512;  // bytes of FileStatus::blocks

struct FileStatus {
  FileType type = FileType::kFile;
  std::uint32_t mode = 0;  // permission, suid, sgid and sticky bits only: 0 to 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;    // bytes; of a symlink the length of its target
  std::uint64_t blocks = 0;  // units of kBlockUnit that are allocated
  FileTime mtime;
  FileTime ctime;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;  // of the file system; changes across reboots
  std::uint64_t mount = 0;   // id of the mount, unique while it is mounted
  std::uint64_t rdev = 0;    // what a device node stands for, as makedev() packs it
  // Which of the entries that have had its inode number it is, see FileSystem::incarnation(); 0:
  // not known. A look tells it where the file system keeps times of birth.
  std::uint64_t incarnation = 0;
  std::uint32_t links = 1;
  // On a file system of which only names can be relied on: an inode number may be another one at
  // the next look, two names of one file may have two, and one number may stand for another entry
  // later.
  bool by_path = false;
  bool mount_root = false;  // the entry is where a mount begins
  bool immutable = false;   // can be neither changed nor removed (chattr +i or +a)

  [[nodiscard]] bool is_directory() const { return type == FileType::kDirectory; }
  [[nodiscard]] bool is_file() const { return type == FileType::kFile; }
};

// Which object of its side a name stands for. The numbers of one side mean nothing to the other,
// and stand in no document.
struct ObjectId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};
inline ObjectId object_of(const FileStatus& status) { return {status.device, status.inode}; }

// Whether two looks at the same time saw one object: by its number, which is true for as long as
// the entry is open or nothing has happened to it, everywhere.
inline bool same_number(const FileStatus& a, const FileStatus& b) {
  return object_of(a) == object_of(b) && a.type == b.type;
}

// Whether `found`, which has the name of what was seen before, can be that, whatever has been
// changed about it: it is, by its number, and where numbers pass, nothing else is known.
inline bool may_be_same(const FileStatus& found, const FileStatus& seen) {
  const bool by_path = (found.by_path || seen.by_path) && found.device == seen.device;
  return by_path ? found.type == seen.type : same_number(found, seen);
}

// Whether two looks saw the same object, whatever has been changed about it. RACE: where numbers
// pass, whoever may write there can give another one its size and time meanwhile: there it is told
// by its type and, unless it is a directory, by its size and time.
inline bool same_object(const FileStatus& a, const FileStatus& b) {
  const bool by_path = a.by_path || b.by_path;
  return may_be_same(a, b) &&
         (!by_path || a.is_directory() || (a.size == b.size && a.mtime == b.mtime));
}

// Whether two looks saw the same object with the same content, as far as its stamps tell.
// The change time is left out: a rename moves it on most file systems.
// Where numbers pass, all else that stays as it is must be the same as well.
inline bool same_content_stamps(const FileStatus& a, const FileStatus& b) {
  if (!same_object(a, b) || a.size != b.size || a.mtime != b.mtime) return false;
  const bool by_path = a.by_path || b.by_path;
  return !by_path || (a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.rdev == b.rdev);
}

// Whether `found` is the object that was seen as `seen`, as it was. Directories count as long as
// they are the same object: what is in them is their own affair.
inline bool is_still(const FileStatus& found, const FileStatus& seen) {
  return seen.is_directory() ? same_object(found, seen) : same_content_stamps(found, seen);
}

// Whether something tells it for ever from an entry that gets the same inode number later.
inline bool has_proof(const FileStatus& status) { return status.incarnation != 0; }

// Whether two looks saw the same object, and no later one that has its inode number, as far as the
// file system can tell.
inline bool same_creation(const FileStatus& a, const FileStatus& b) {
  return same_object(a, b) && a.incarnation == b.incarnation;
}

// Whether `found` is the entry that was seen, and nothing of it has changed since: not even its
// names. `after_rename`: its change time, which a rename moves, does not count.
inline bool is_untouched(const FileStatus& found, const FileStatus& seen,
                         bool after_rename = false) {
  return same_creation(found, seen) && found.size == seen.size && found.mtime == seen.mtime &&
         found.uid == seen.uid && found.gid == seen.gid && found.mode == seen.mode &&
         found.links == seen.links && (after_rename || found.ctime == seen.ctime);
}

// Within which two names can be one object: link() crosses neither a device nor a mount, not even
// to another mount of the same device.
struct LinkRange {
  std::uint64_t device = 0;
  std::uint64_t mount = 0;

  friend auto operator<=>(const LinkRange&, const LinkRange&) = default;
};

// Of what lies in the directory.
inline LinkRange link_range_in(const FileStatus& directory) {
  return {directory.device, directory.mount};
}

}  // namespace foldersync
