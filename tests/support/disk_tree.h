// Trees on a real disk: values that are planted in a folder, read back from one, and compared.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/file_status.h"
#include "core/file_time.h"
#include "support/tree.h"

namespace foldersync {

struct TreeEntry {
  FileType type = FileType::kFile;
  std::string content;  // of a file; of a symlink its target
  // The first path, in byte order, of its hard-link group; empty for that one.
  std::string linked_to;
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

TreeEntry file(std::string content);
TreeEntry directory();  // mode 0755
TreeEntry symlink(std::string target);
TreeEntry fifo();
TreeEntry device(unsigned major_number, unsigned minor_number);
// One more name of the file `leader`, which must come first in byte order.
TreeEntry link_of(const TreeEntry& leader, std::string path);

// What to plant for a tree of the tree language, and the tree that was read. Owners are those of
// the process where it isn't root; extended attributes have no counterpart.
Tree entries_of(const test::Tree& tree);
test::Tree tree_of(const Tree& entries);

std::string join(const std::string& root, const std::string& path);

// Makes the tree in the folder `root`, which may exist already if it is empty. A failure fails the
// test, here and below.
void plant(const Tree& tree, const std::string& root);
// One entry alone, without its metadata.
void plant_object(const TreeEntry& entry, const std::string& root, const std::string& path);

// Everything in the folder `root`; an empty tree where there is no such folder.
Tree read_tree(const std::string& root);

// Where the trees differ, a line for each path; empty where they are the same.
std::vector<std::string> tree_differences(const Tree& expected, const Tree& found);

// All of an entry, but of a long content only the start: for messages.
std::string shown(const TreeEntry& entry);

// The bytes of a file; links are not followed.
std::string bytes_of(const std::string& path);
// Writes a file, or over it; blocks of zeros become holes.
void write_file(const std::string& path, const std::string& content);
void set_mtime(const std::string& path, FileTime mtime);
std::map<std::string, std::string> user_xattrs(const std::string& path);
// Whether files in `folder` can have attributes of users.
bool holds_user_xattrs(const std::string& folder);

void remove_tree(const std::string& root);

// A folder of its own for each test, gone afterwards.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder() { remove_tree(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace foldersync
