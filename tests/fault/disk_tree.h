// Trees as values: planted on a disk, read back, compared.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/file_status.h"
#include "core/file_time.h"
#include "core/text.h"

namespace foldersync {

struct TreeEntry {
  FileType type = FileType::kFile;
  std::string content;  // of a file; of a symlink its target
  std::string
      linked_to;  // the first path, in byte order, of its hard-link group; empty for that one
  std::uint32_t mode = 0644;
  FileTime mtime{1000, 5};
  std::uint32_t uid = ::geteuid();
  std::uint32_t gid = ::getegid();
  std::uint64_t rdev = 0;
  std::map<std::string, std::string> xattrs;

  TreeEntry at(std::int64_t seconds) && {
    mtime.seconds = seconds;
    return std::move(*this);
  }
  TreeEntry with_mode(std::uint32_t bits) && {
    mode = bits;
    return std::move(*this);
  }
  TreeEntry owned_by(std::uint32_t id) && {
    uid = gid = id;
    return std::move(*this);
  }
  TreeEntry with_xattr(std::string name, std::string value) && {
    xattrs.emplace(std::move(name), std::move(value));
    return std::move(*this);
  }

  friend bool operator==(const TreeEntry&, const TreeEntry&) = default;
};

// By path; "." is the root, and every directory has an entry of its own.
using Tree = std::map<std::string, TreeEntry>;

inline TreeEntry file(std::string content) {
  TreeEntry made;
  made.content = std::move(content);
  return made;
}
inline TreeEntry directory() {
  TreeEntry made;
  made.type = FileType::kDirectory;
  made.mode = 0755;
  return made;
}
inline TreeEntry symlink(std::string target) {
  TreeEntry made;
  made.type = FileType::kSymlink;
  made.content = std::move(target);
  made.mode = 0777;
  return made;
}
inline TreeEntry fifo() {
  TreeEntry made;
  made.type = FileType::kFifo;
  return made;
}
inline TreeEntry device(unsigned major_number, unsigned minor_number) {
  TreeEntry made;
  made.type = FileType::kCharDevice;
  made.rdev = makedev(major_number, minor_number);
  return made;
}
// One more name of the file `leader`, which must come first in byte order.
inline TreeEntry link_of(const TreeEntry& leader, std::string path) {
  TreeEntry made = leader;
  made.linked_to = std::move(path);
  return made;
}

inline std::string join(const std::string& root, const std::string& path) {
  return path == "." ? root : root + "/" + path;
}

// The bytes of a file; links are not followed.
inline std::string bytes_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return std::string("<") + std::strerror(errno) + ">";
  std::string bytes;
  std::array<char, 65536> buffer{};
  for (ssize_t count = 0; (count = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(fd);
  return bytes;
}

// Writes a file, or over it; blocks of zeros become holes.
inline void write_file(const std::string& path, const std::string& content) {
  constexpr std::size_t kBlock = 4096;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0) << path << ": " << std::strerror(errno);
  for (std::size_t at = 0; at < content.size(); at += kBlock) {
    const std::string block = content.substr(at, kBlock);
    if (block.find_first_not_of('\0') == std::string::npos) continue;
    ASSERT_EQ(::pwrite(fd, block.data(), block.size(), static_cast<off_t>(at)),
              static_cast<ssize_t>(block.size()));
  }
  ASSERT_EQ(::ftruncate(fd, static_cast<off_t>(content.size())), 0);
  ::close(fd);
}

inline void plant_object(const TreeEntry& entry, const std::string& root, const std::string& path) {
  const std::string where = join(root, path);
  const char* name = where.c_str();
  if (!entry.linked_to.empty()) {
    ASSERT_EQ(::link(join(root, entry.linked_to).c_str(), name), 0) << where;
    return;
  }
  switch (entry.type) {
    case FileType::kFile:
      return write_file(where, entry.content);
    case FileType::kDirectory:
      ASSERT_TRUE(::mkdir(name, 0700) == 0 || path == ".") << where;
      return;
    case FileType::kSymlink:
      ASSERT_EQ(::symlink(entry.content.c_str(), name), 0) << where;
      return;
    case FileType::kFifo:
      ASSERT_EQ(::mkfifo(name, 0600), 0) << where;
      return;
    case FileType::kSocket:
      ASSERT_EQ(::mknod(name, S_IFSOCK | 0600, 0), 0) << where;
      return;
    case FileType::kCharDevice:
      ASSERT_EQ(::mknod(name, S_IFCHR | 0600, entry.rdev), 0) << where;
      return;
    case FileType::kBlockDevice:
      ASSERT_EQ(::mknod(name, S_IFBLK | 0600, entry.rdev), 0) << where;
      return;
  }
}

inline void set_mtime(const std::string& path, FileTime mtime) {
  std::array<timespec, 2> times{};
  times[0].tv_nsec = UTIME_OMIT;
  times[1] = {mtime.seconds, static_cast<long>(mtime.nanoseconds)};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW), 0) << path;
}

// Makes the tree in the folder `root`, which may exist already if it is empty.
inline void plant(const Tree& tree, const std::string& root) {
  ::mkdir(root.c_str(), 0700);
  for (const auto& [path, entry] : tree) plant_object(entry, root, path);
  for (auto at = tree.rbegin(); at != tree.rend(); ++at) {
    const TreeEntry& entry = at->second;
    const std::string path = join(root, at->first);
    if (entry.uid != ::geteuid() || entry.gid != ::getegid()) {
      ASSERT_EQ(::lchown(path.c_str(), entry.uid, entry.gid), 0) << path;
    }
    for (const auto& [name, value] : entry.xattrs) {
      ASSERT_EQ(::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0), 0) << path;
    }
    if (entry.type != FileType::kSymlink) {
      ASSERT_EQ(::chmod(path.c_str(), entry.mode), 0) << path;
    }
    set_mtime(path, entry.mtime);
  }
}

inline std::map<std::string, std::string> user_xattrs(const std::string& path) {
  std::map<std::string, std::string> result;
  std::array<char, 4096> names{};
  const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
  for (ssize_t at = 0; at < length;) {
    const std::string name(&names[static_cast<std::size_t>(at)]);
    at += static_cast<ssize_t>(name.size()) + 1;
    if (!name.starts_with("user.")) continue;
    std::array<char, 4096> value{};
    const ssize_t count = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (count >= 0)
      result.emplace(name, std::string(value.data(), static_cast<std::size_t>(count)));
  }
  return result;
}

inline FileType type_of(mode_t mode) {
  switch (mode & S_IFMT) {
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
      return FileType::kFile;
  }
}

inline TreeEntry read_entry(const std::string& path, const struct stat& status) {
  TreeEntry entry;
  entry.type = type_of(status.st_mode);
  entry.mode = status.st_mode & 07777U;
  entry.mtime = {status.st_mtim.tv_sec, static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.rdev = status.st_rdev;
  if (entry.type == FileType::kFile) entry.content = bytes_of(path);
  if (entry.type == FileType::kSymlink) {
    std::array<char, 4096> target{};
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    entry.content.assign(target.data(), static_cast<std::size_t>(length < 0 ? 0 : length));
  }
  entry.xattrs = user_xattrs(path);
  return entry;
}

inline void read_below(const std::string& root, const std::string& path, Tree& tree,
                       std::map<std::string, ino_t>& linked) {
  struct stat status {};
  const std::string where = join(root, path);
  if (::lstat(where.c_str(), &status) != 0) return;
  tree.emplace(path, read_entry(where, status));
  if (!S_ISDIR(status.st_mode)) {
    if (status.st_nlink > 1) linked.emplace(path, status.st_ino);
    return;
  }
  DIR* stream = ::opendir(where.c_str());
  if (stream == nullptr) return;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    read_below(root, path == "." ? name : path + "/" + name, tree, linked);
  }
  ::closedir(stream);
}

// Everything in the folder `root`; an empty tree where there is no such folder.
inline Tree read_tree(const std::string& root) {
  Tree tree;
  std::map<std::string, ino_t> linked;
  read_below(root, ".", tree, linked);
  std::map<ino_t, std::string> leaders;
  for (const auto& [path, inode] : linked) {
    const auto [leader, is_first] = leaders.emplace(inode, path);
    if (!is_first) tree.at(path).linked_to = leader->second;
  }
  return tree;
}

inline std::string shown(const TreeEntry& entry) {
  std::ostringstream text;
  text << to_string(entry.type) << " mode " << std::oct << entry.mode << std::dec << " owner "
       << entry.uid << ":" << entry.gid << " at " << entry.mtime.seconds << "."
       << entry.mtime.nanoseconds;
  if (entry.rdev != 0) text << " device " << entry.rdev;
  if (!entry.linked_to.empty()) text << " linked to " << entry.linked_to;
  for (const auto& [name, value] : entry.xattrs) text << " " << name << "=" << value;
  text << " '" << escaped(entry.content.substr(0, 40)) << "' (" << entry.content.size() << ")";
  return text.str();
}

// Where the trees differ, a line for each path; empty where they are the same.
inline std::vector<std::string> tree_differences(const Tree& expected, const Tree& found) {
  std::vector<std::string> lines;
  for (const auto& [path, entry] : expected) {
    const auto other = found.find(path);
    if (other == found.end()) {
      lines.push_back(path + ": missing, expected " + shown(entry));
    } else if (entry != other->second) {
      lines.push_back(path + ": expected " + shown(entry) + ", found " + shown(other->second));
    }
  }
  for (const auto& [path, entry] : found) {
    if (!expected.contains(path)) lines.push_back(path + ": extra, " + shown(entry));
  }
  return lines;
}

inline void remove_tree(const std::string& root) {
  std::error_code ignored;
  std::filesystem::remove_all(root, ignored);
  if (!ignored) return;
  // A plain user removes nothing from a directory that may not be written.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root, ignored)) {
    if (entry.symlink_status(ignored).type() != std::filesystem::file_type::directory) continue;
    ::chmod(entry.path().c_str(), 0700);
  }
  std::filesystem::remove_all(root, ignored);
}

// A folder of its own for each test, gone afterwards.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = testing::TempDir() + "foldersync-XXXXXX";
    path_ = std::filesystem::canonical(::mkdtemp(pattern.data()));
  }
  ~ScratchFolder() { remove_tree(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Whether files in `folder` can have attributes of users.
inline bool holds_user_xattrs(const std::string& folder) {
  const bool held = ::setxattr(folder.c_str(), "user.probe", "1", 1, 0) == 0;
  if (held) ::removexattr(folder.c_str(), "user.probe");
  return held;
}

}  // namespace foldersync
