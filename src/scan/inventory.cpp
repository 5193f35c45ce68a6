#include "scan/inventory.h"

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fs/directory_cursor.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

// A directory on the way down, and how many of its names were visited. Its path is a part of that
// of the deepest one.
struct Level {
  DirectoryNames names;
  std::size_t visited = 0;
};

class Inventory {
 public:
  Inventory(const ReadableTree& tree, const FileStatus& root, const InventoryVisitor& visitor)
      : root_(root), visitor_(visitor), reader_(tree.reader(descriptors_per_cursor(1))) {}

  Status run() {
    const auto top = TRY(reader_->enter({}));
    TRY(visitor_.visit({RelPath(), root_, top}));
    TRY(descend(RelPath()));
    while (!levels_.empty()) {
      TRY(heed(visitor_.stop, "walk"));
      Level& level = levels_.back();
      if (level.visited == level.names.size()) {
        levels_.pop_back();
        if (!levels_.empty()) deepest_ = deepest_.parent();
        continue;
      }
      const RelPath path = deepest_.child(level.names[level.visited++]);
      TRY(visit(path));
    }
    return success();
  }

 private:
  Status visit(const RelPath& path) {
    const auto directory = reader_->enter(path.parent_bytes());
    if (!directory) return skip(path, directory.error());
    const std::string name(path.name());
    const auto status = (*directory)->status(name.c_str());
    if (!status && status.error().error_number == ENOENT) return success();
    if (!status) return skip(path, status.error());
    if (visitor_.admits && !visitor_.admits(path.parent_bytes(), name, *status)) return success();
    TRY(visitor_.visit({path, *status, *directory}));
    return status->is_directory() ? descend(path) : success();
  }

  Status descend(const RelPath& path) {
    const auto directory = reader_->enter(path.bytes());
    Level level{DirectoryNames(visitor_.stop)};
    Status read = directory ? (*directory)->list(level.names) : Status(directory.error());
    TRY(heed(visitor_.stop, "walk"));  // what was not read since then is no problem of the tree
    if (!read) return skip(path, read.error());
    if (visitor_.listed) visitor_.listed(path, level.names);
    levels_.push_back(std::move(level));
    deepest_ = path;
    return success();
  }

  Status skip(const RelPath& path, const Error& why) {
    if (visitor_.problem) visitor_.problem(path, why);
    return success();
  }

  const FileStatus& root_;
  const InventoryVisitor& visitor_;
  std::unique_ptr<TreeReader> reader_;
  std::vector<Level> levels_;
  RelPath deepest_;
};

}  // namespace

Status take_inventory(const ReadableTree& tree, const FileStatus& root,
                      const InventoryVisitor& visitor) {
  return Inventory(tree, root, visitor).run();
}

}  // namespace foldersync
