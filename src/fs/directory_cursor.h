// Walking to directories below a root, component by component, with few descriptors.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// What a cursor refuses to enter.
struct CursorRules {
  // Only directories of this mount are entered: error kCrossesMount otherwise.
  std::optional<std::uint64_t> only_mount;
  // These directories are never entered, by whatever name: error kRefused. The other root, and the
  // program's own folder.
  std::optional<FileStatus> other_root;
  std::optional<FileStatus> own_folder;
  // Set by others: what is entered then ends with kStopped. Null: nobody tells.
  const std::atomic<bool>* stop = nullptr;
};

// The error for the own folder, by whatever name `path` leads to it.
Error own_folder_refused(std::string path);

// Holds the chain of directories from a root down to the current one. Moving to a neighbour opens
// only what differs. At most `max_open` descriptors are held, the deepest ones; of the others it is
// known which directory they were, and on the way up each is opened from the one below it, where
// that is still in it, so that any depth works, in time that grows with the steps alone. Links are
// never followed: a path whose component is a link or no directory gives ENOTDIR or ELOOP.
//
// One thread at a time. Requires: the root's descriptor stays open.
class DirectoryCursor {
 public:
  DirectoryCursor(FileSystem& fs, int root, const CursorRules& rules, std::size_t max_open);

  // The descriptor of the directory `path` (bytes as in RelPath, empty for the root): valid until
  // the next call. Errors carry the path of the component that failed.
  Result<int> enter(std::string_view path);

  // As enter(), of a path one component below the directory entered last.
  // Requires: that enter() succeeded and was the last call.
  [[nodiscard]] std::string_view current() const { return path_; }

 private:
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t mount = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct Level {
    std::size_t end = 0;  // length of the path up to and including this component
    Fd fd;
    std::optional<Identity> closed;  // what it was when it was closed to save a descriptor
  };

  void keep(std::size_t levels);
  std::size_t levels_towards(std::string_view path) const;
  void climb(std::size_t levels);
  Status reopen();
  Status push(std::string_view name);
  Result<Fd> open_checked(int parent, const std::string& name) const;
  [[nodiscard]] int deepest() const;
  void close_surplus();

  FileSystem& fs_;
  int root_;
  CursorRules rules_;
  std::size_t max_open_;
  std::string path_;
  std::vector<Level> levels_;
  std::size_t first_open_ = 0;  // levels from here on hold a descriptor
};

// How many descriptors each of `cursors` cursors may hold under this process's limit on open files.
std::size_t descriptors_per_cursor(std::size_t cursors);

}  // namespace foldersync
