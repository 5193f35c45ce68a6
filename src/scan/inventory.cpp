#include "scan/inventory.h"

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "fs/directory_cursor.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

// A directory on the way down, and how many of its names were visited.
struct Level {
  RelPath path;
  DirectoryNames names;
  std::size_t visited = 0;
};

class Inventory {
 public:
  Inventory(FileSystem& fs, const Root& root, const InventoryVisitor& visitor)
      : fs_(fs),
        root_(root),
        visitor_(visitor),
        cursor_(fs, root.fd.get(), CursorRules{}, descriptors_per_cursor(1)) {}

  Status run() {
    if (Status visited = visitor_.visit({RelPath(), root_.status, root_.fd.get()}); !visited)
      return visited;
    descend(RelPath());
    while (!levels_.empty()) {
      TRY(heed(visitor_.stop, "walk"));
      Level& level = levels_.back();
      if (level.visited == level.names.size()) {
        levels_.pop_back();
        continue;
      }
      const RelPath path = level.path.child(level.names[level.visited++]);
      TRY(visit(path));
    }
    return success();
  }

 private:
  Status visit(const RelPath& path) {
    const auto fd = cursor_.enter(path.parent_bytes());
    if (!fd) {
      visitor_.problem(path, fd.error());
      return success();
    }
    const std::string name(path.name());
    const auto status = fs_.status_at(*fd, name.c_str());
    if (!status) {
      if (status.error().error_number != ENOENT) visitor_.problem(path, status.error());
      return success();
    }
    if (!visitor_.admits(path.parent_bytes(), name, *status)) return success();
    TRY(visitor_.visit({path, *status, *fd}));
    if (status->is_directory()) descend(path);
    return success();
  }

  void descend(const RelPath& path) {
    const auto fd = cursor_.enter(path.bytes());
    // The root's own descriptor may have been read before.
    if (fd && path.is_root()) (void)fs_.seek(*fd, 0, Seek::kStart);
    Level level{path, {}};
    Status read = fd ? level.names.read(fs_, *fd) : Status(fd.error());
    if (!read) return visitor_.problem(path, read.error());
    visitor_.listed(path, level.names);
    levels_.push_back(std::move(level));
  }

  FileSystem& fs_;
  const Root& root_;
  const InventoryVisitor& visitor_;
  DirectoryCursor cursor_;
  std::vector<Level> levels_;
};

}  // namespace

Status take_inventory(FileSystem& fs, const Root& root, const InventoryVisitor& visitor) {
  return Inventory(fs, root, visitor).run();
}

}  // namespace foldersync
