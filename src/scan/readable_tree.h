// What planning and applying ask of the tree of one side, on whichever host it lies. Nothing here
// tells a descriptor: what is asked of one side can't be answered by the other.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file_status.h"
#include "core/hash.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/readable_entry.h"
#include "fs/xattrs.h"
#include "scan/directory_names.h"

namespace foldersync {

// Hashes the files of one directory where they lie, so that their content need not come here.
class ContentHasher {
 public:
  virtual ~ContentHasher() = default;
  // Of a file that is still what was seen. Error kChanged: it is not, or changed meanwhile.
  virtual Result<Md5> md5(const char* name, const FileStatus& seen) = 0;
};

// One directory. Names are single components that end with NUL, and no link is followed. Errors are
// those of FileSystem: operation and errno.
class ReadableDirectory {
 public:
  virtual ~ReadableDirectory() = default;

  // All names that it holds now.
  virtual Status list(DirectoryNames& names) = 0;
  // Of an entry; any number of threads, while the other methods are for one at a time.
  virtual Result<FileStatus> status(const char* name) = 0;
  virtual Result<std::string> target(const char* name) = 0;
  // For its content: as FileSystem::open_file().
  virtual Result<std::unique_ptr<ReadableEntry>> open(const char* name) = 0;
  // For its status and attributes alone: as FileSystem::open_entry(); "." is the directory.
  virtual Result<std::unique_ptr<ReadableEntry>> open_entry(const char* name) = 0;
  // Gives a file of the caller's own, which must still be what was seen, the mode 0600, so that it
  // can be opened: in a backup's tree, which is the one source that may be changed.
  virtual Status make_readable(const char* name, const FileStatus& seen) = 0;

  // Null: its files are read from here, and those of two sides are compared side by side.
  virtual ContentHasher* hasher() { return nullptr; }

  // As FileSystem::is_read_only().
  virtual bool is_read_only(const char* name) = 0;

  // Where its owner may not look up names in it: opens it up, where the tree may do so and it is
  // the caller's own (see OpenedForPlan).
  virtual void open_up() {}

  // Of the directory itself.
  virtual Result<FileStatus> status() = 0;
  virtual Result<std::vector<Xattr>> xattrs(bool as_root) = 0;
  virtual Result<std::string> file_system_id() = 0;
  virtual Result<Sharing> sharing() = 0;
};

// One thread's way through a tree.
class TreeReader {
 public:
  virtual ~TreeReader() = default;
  // The directory `path` (bytes as in RelPath, empty for the root): valid until the next call.
  // Errors carry the path of the component that failed: ENOTDIR or ELOOP where it is no directory.
  virtual Result<ReadableDirectory*> enter(std::string_view path) = 0;
  // To be called before one is entered whose owner may not list it: see ReadableDirectory::open_up.
  virtual void open_up(std::string_view /*path*/) {}
};

// Any number of threads may call.
class ReadableTree {
 public:
  virtual ~ReadableTree() = default;
  // A way through it that holds at most `max_open` directories open. Requires: the tree outlives
  // it.
  [[nodiscard]] virtual std::unique_ptr<TreeReader> reader(std::size_t max_open) const = 0;
  // Of the file system that holds the root.
  [[nodiscard]] virtual Result<FileSystemFacts> facts() const = 0;
};

// What lies below one directory of another tree, which has to outlive it; paths begin there.
class TreeBelow final : public ReadableTree {
 public:
  TreeBelow(const ReadableTree& tree, RelPath top) : tree_(tree), top_(std::move(top)) {}
  [[nodiscard]] std::unique_ptr<TreeReader> reader(std::size_t max_open) const override;
  [[nodiscard]] Result<FileSystemFacts> facts() const override { return tree_.facts(); }

 private:
  const ReadableTree& tree_;
  RelPath top_;
};

// Whether the file runs with rights of its own (capabilities), or can't be asked. As root.
bool is_capable(ReadableDirectory& directory, const char* name);

// Whether the tree holds an entry of any type at `path`; no link is followed on the way. What can't
// be looked at counts as missing. Requires: `path` is not the root.
bool has_entry(const ReadableTree& tree, const RelPath& path);

}  // namespace foldersync
