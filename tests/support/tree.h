// The tree language: a literal that becomes a value, is built on disk, or is expected exactly.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/path.h"

namespace foldersync::test {

// What names stand for. Which object it is says its number in the tree.
struct Object {
  FileType type = FileType::kFile;
  std::uint32_t mode = 0644;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  FileTime mtime{100, 0};
  FileTime ctime{100, 0};
  std::string content;  // of a file; of a symlink its target
  std::uint64_t rdev = 0;
  std::uint32_t names_elsewhere = 0;  // outside of the tree
  std::uint64_t mount = 0;            // a mount begins here; 0: the one of the directory above
};

// A tree as a value. Copies are independent and keep which names share an object.
class Tree {
 public:
  using Number = std::uint64_t;  // of an object; never used again in the same tree

  // The root directory alone.
  Tree();

  // Null where nothing has the name.
  [[nodiscard]] const Object* find(const RelPath& path) const;
  Object* find(const RelPath& path);
  // Requires: something has the name.
  [[nodiscard]] Number number(const RelPath& path) const { return names_.at(path); }
  // How many names the object has in the tree. Requires: something has the name.
  [[nodiscard]] std::uint32_t names(const RelPath& path) const;
  // Names of the children, in byte order.
  [[nodiscard]] std::vector<std::string> children(const RelPath& directory) const;
  // Everything, in path order, the root first.
  [[nodiscard]] const std::map<RelPath, Number>& all() const { return names_; }

  // Gives `path` a new object, in place of what it stood for; directories above are made.
  void put(const RelPath& path, Object object);
  // Makes `path` one more name of what `to` stands for.
  void link(const RelPath& path, const RelPath& to);
  // Gives `from`, and everything below it, another path; what was there goes. Requires: neither
  // lies in the other.
  void rename(const RelPath& from, const RelPath& to);
  // Takes the name away, and everything below it.
  void erase(const RelPath& path);

 private:
  void make_parents(const RelPath& path);

  std::map<RelPath, Number> names_;
  std::map<Number, Object> objects_;
  Number next_ = 2;
};

// One line of a literal; "." is the root.
class Entry {
 public:
  Entry(std::string path, Object object) : path_(std::move(path)), object_(std::move(object)) {}

  Entry at(std::int64_t seconds, std::uint32_t nanoseconds = 0) &&;
  Entry mode(std::uint32_t mode) &&;
  Entry owned_by(std::uint32_t uid, std::uint32_t gid) &&;
  // The object has `names` more names outside of the tree.
  Entry named_elsewhere(std::uint32_t names) &&;
  Entry on_mount(std::uint64_t mount) &&;

 private:
  friend Tree tree(std::initializer_list<Entry> entries);
  friend Entry link(std::string path, std::string to);

  std::string path_;
  Object object_;
  std::optional<std::string> to_;
};

Entry dir(std::string path);                        // mode 0755
Entry file(std::string path, std::string content);  // mode 0644
Entry symlink(std::string path, std::string target);
Entry fifo(std::string path);
Entry socket(std::string path);
Entry char_device(std::string path, std::uint64_t rdev);
Entry block_device(std::string path, std::uint64_t rdev);
// One more name of an entry that stands before it.
Entry link(std::string path, std::string to);

// Everything is of second 100 unless it says otherwise; directories above are made.
Tree tree(std::initializer_list<Entry> entries);

// The path that `text` writes, "." for the root.
RelPath at_path(std::string_view text);

// What the file system would say of the entry, with 0 as device. Requires: it is there.
FileStatus status_of(const Tree& tree, const RelPath& path);

// One line an entry, in path order: all that is mirrored, and the first name of its object.
std::vector<std::string> lines(const Tree& tree);

// The lines that only one of them has; empty where they are equal.
std::string difference(const Tree& expected, const Tree& found);

}  // namespace foldersync::test
