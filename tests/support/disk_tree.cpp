#include "support/disk_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "core/text.h"

namespace foldersync {
namespace {

FileType type_of(mode_t mode) {
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

TreeEntry read_entry(const std::string& path, const struct stat& status) {
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

void read_below(const std::string& root, const std::string& path, Tree& tree,
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

}  // namespace

TreeEntry file(std::string content) {
  TreeEntry made;
  made.content = std::move(content);
  return made;
}
TreeEntry directory() {
  TreeEntry made;
  made.type = FileType::kDirectory;
  made.mode = 0755;
  return made;
}
TreeEntry symlink(std::string target) {
  TreeEntry made;
  made.type = FileType::kSymlink;
  made.content = std::move(target);
  made.mode = 0777;
  return made;
}
TreeEntry fifo() {
  TreeEntry made;
  made.type = FileType::kFifo;
  return made;
}
TreeEntry device(unsigned major_number, unsigned minor_number) {
  TreeEntry made;
  made.type = FileType::kCharDevice;
  made.rdev = makedev(major_number, minor_number);
  return made;
}
TreeEntry link_of(const TreeEntry& leader, std::string path) {
  TreeEntry made = leader;
  made.linked_to = std::move(path);
  return made;
}

std::string join(const std::string& root, const std::string& path) {
  return path == "." ? root : root + "/" + path;
}

std::string bytes_of(const std::string& path) {
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

void write_file(const std::string& path, const std::string& content) {
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

void plant_object(const TreeEntry& entry, const std::string& root, const std::string& path) {
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

void set_mtime(const std::string& path, FileTime mtime) {
  std::array<timespec, 2> times{};
  times[0].tv_nsec = UTIME_OMIT;
  times[1] = {mtime.seconds, static_cast<long>(mtime.nanoseconds)};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW), 0) << path;
}

void plant(const Tree& tree, const std::string& root) {
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

std::map<std::string, std::string> user_xattrs(const std::string& path) {
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

Tree read_tree(const std::string& root) {
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

std::string shown(const TreeEntry& entry) {
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

std::vector<std::string> tree_differences(const Tree& expected, const Tree& found) {
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

void remove_tree(const std::string& root) {
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

ScratchFolder::ScratchFolder() {
  std::string pattern = testing::TempDir() + "foldersync-XXXXXX";
  path_ = std::filesystem::canonical(::mkdtemp(pattern.data()));
}

bool holds_user_xattrs(const std::string& folder) {
  const bool held = ::setxattr(folder.c_str(), "user.probe", "1", 1, 0) == 0;
  if (held) ::removexattr(folder.c_str(), "user.probe");
  return held;
}

Tree entries_of(const test::Tree& tree) {
  Tree entries;
  std::map<test::Tree::Number, std::string> leaders;
  std::map<std::string, RelPath> in_byte_order;
  for (const auto& [path, number] : tree.all()) in_byte_order.emplace(path.shown(), path);
  for (const auto& [shown, path] : in_byte_order) {
    const test::Object& object = *tree.find(path);
    TreeEntry entry;
    entry.type = object.type;
    entry.content = object.content;
    entry.mode = object.mode;
    entry.mtime = object.mtime;
    entry.rdev = object.rdev;
    if (::geteuid() == 0) {
      entry.uid = object.uid;
      entry.gid = object.gid;
    }
    const auto [leader, is_first] = leaders.emplace(tree.number(path), shown);
    if (!is_first) entry.linked_to = leader->second;
    entries.emplace(shown, std::move(entry));
  }
  return entries;
}

test::Tree tree_of(const Tree& entries) {
  test::Tree tree;
  for (const auto& [path, entry] : entries) {
    if (!entry.linked_to.empty()) {
      tree.link(test::at_path(path), test::at_path(entry.linked_to));
      continue;
    }
    test::Object object;
    object.type = entry.type;
    object.content = entry.content;
    object.mode = entry.mode;
    object.uid = entry.uid;
    object.gid = entry.gid;
    object.mtime = entry.mtime;
    object.rdev = entry.rdev;
    if (path == ".") {
      *tree.find(RelPath()) = object;
    } else {
      tree.put(test::at_path(path), object);
    }
  }
  return tree;
}

}  // namespace foldersync
