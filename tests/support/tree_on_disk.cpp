#include "support/tree_on_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace foldersync::test {
namespace {

std::string joined(const std::string& folder, const RelPath& path) {
  return path.is_root() ? folder : folder + "/" + path.bytes();
}

void expect_done(int result, const std::string& what) {
  EXPECT_EQ(result, 0) << what << ": " << std::strerror(errno);
}

::mode_t format_of(FileType type) {
  switch (type) {
    case FileType::kFifo:
      return S_IFIFO;
    case FileType::kSocket:
      return S_IFSOCK;
    case FileType::kCharDevice:
      return S_IFCHR;
    default:
      return S_IFBLK;
  }
}

FileType type_of(::mode_t mode) {
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

void make(const Object& object, const std::string& name) {
  switch (object.type) {
    case FileType::kDirectory:
      return expect_done(::mkdir(name.c_str(), 0700), "mkdir " + name);
    case FileType::kSymlink:
      return expect_done(::symlink(object.content.c_str(), name.c_str()), "symlink " + name);
    case FileType::kFile: {
      std::ofstream out(name, std::ios::binary);
      out << object.content;
      out.close();
      EXPECT_TRUE(out.good()) << name;
      return;
    }
    default:
      return expect_done(::mknod(name.c_str(), format_of(object.type) | 0600U, object.rdev),
                         "mknod " + name);
  }
}

void set_metadata(const Object& object, const std::string& name) {
  if (::geteuid() == 0) {
    expect_done(::lchown(name.c_str(), object.uid, object.gid), "chown " + name);
  }
  if (object.type != FileType::kSymlink) {
    expect_done(::chmod(name.c_str(), object.mode), "chmod " + name);
  }
  const std::array<timespec, 2> times{timespec{0, UTIME_OMIT},
                                      timespec{object.mtime.seconds, object.mtime.nanoseconds}};
  expect_done(::utimensat(AT_FDCWD, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW),
              "utimensat " + name);
}

std::string content_of(const std::string& name, FileType type, std::size_t size) {
  if (type == FileType::kSymlink) {
    std::string target(size, '\0');
    EXPECT_EQ(::readlink(name.c_str(), target.data(), size), static_cast<ssize_t>(size)) << name;
    return target;
  }
  if (type != FileType::kFile) return {};
  std::ostringstream content;
  std::ifstream in(name, std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  if (size > 0) content << in.rdbuf();
  return content.str();
}

Object read_object(const std::string& name, const struct stat& status) {
  Object object;
  object.type = type_of(status.st_mode);
  object.mode = status.st_mode & 07777U;
  object.uid = status.st_uid;
  object.gid = status.st_gid;
  object.mtime = {status.st_mtim.tv_sec, static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
  object.ctime = {status.st_ctim.tv_sec, static_cast<std::uint32_t>(status.st_ctim.tv_nsec)};
  object.rdev = status.st_rdev;
  object.content = content_of(name, object.type, static_cast<std::size_t>(status.st_size));
  return object;
}

class TreeReader {
 public:
  explicit TreeReader(std::string folder) : folder_(std::move(folder)) {}

  Tree read() {
    read_entry(RelPath());
    return std::move(tree_);
  }

 private:
  void read_entry(const RelPath& path) {
    const std::string name = joined(folder_, path);
    struct stat status {};
    expect_done(::lstat(name.c_str(), &status), "lstat " + name);
    const auto first = names_.emplace(status.st_ino, path);
    if (!first.second && !S_ISDIR(status.st_mode)) return tree_.link(path, first.first->second);
    if (path.is_root()) {
      *tree_.find(path) = read_object(name, status);
    } else {
      tree_.put(path, read_object(name, status));
    }
    if (S_ISDIR(status.st_mode)) read_children(path, name);
  }

  void read_children(const RelPath& path, const std::string& name) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(name.c_str()), ::closedir);
    ASSERT_NE(directory, nullptr) << name;
    while (const dirent* entry = ::readdir(directory.get())) {
      const std::string_view child(entry->d_name);
      if (child != "." && child != "..") read_entry(path.child(child));
    }
  }

  std::string folder_;
  Tree tree_;
  std::map<std::uint64_t, RelPath> names_;
};

}  // namespace

TemporaryFolder::TemporaryFolder() {
  const char* below = std::getenv("TMPDIR");
  path_ = std::string(below != nullptr ? below : "/tmp") + "/foldersync-test-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << path_;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void build(const Tree& tree, const std::string& folder) {
  std::map<Tree::Number, RelPath> made;
  for (const auto& [path, number] : tree.all()) {
    const auto first = made.emplace(number, path);
    const std::string name = joined(folder, path);
    if (first.second) {
      make(*tree.find(path), name);
    } else {
      expect_done(::link(joined(folder, first.first->second).c_str(), name.c_str()), name);
    }
  }
  // What lies in a directory changes its time, so it comes last.
  for (auto entry = tree.all().rbegin(); entry != tree.all().rend(); ++entry) {
    set_metadata(*tree.find(entry->first), joined(folder, entry->first));
  }
}

Tree read_tree(const std::string& folder) { return TreeReader(folder).read(); }

}  // namespace foldersync::test
