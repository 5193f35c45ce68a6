#include "scan/inventory.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fs/directory_cursor.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

struct Item {
  std::string name;
  FileStatus status;
  int error_number = 0;
};

// A directory on the way down, with what is still to be visited, last first.
struct Level {
  RelPath path;
  std::vector<Item> rest;
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
      if (visitor_.stop != nullptr && *visitor_.stop) {
        return Error{ErrorCode::kStopped, "walk", {}, 0, "told to stop"};
      }
      if (levels_.back().rest.empty()) {
        levels_.pop_back();
        continue;
      }
      const Item item = std::move(levels_.back().rest.back());
      levels_.back().rest.pop_back();
      if (Status visited = visit(levels_.back().path, item); !visited) return visited;
    }
    return success();
  }

 private:
  Status visit(const RelPath& directory, const Item& item) {
    const RelPath path = directory.child(item.name);
    if (item.error_number != 0) {
      visitor_.problem(path, system_error("stat", item.error_number));
      return success();
    }
    if (!visitor_.admits(directory.bytes(), item.name, item.status)) return success();
    const auto fd = cursor_.enter(directory.bytes());
    if (!fd) {
      visitor_.problem(path, fd.error());
      return success();
    }
    if (Status visited = visitor_.visit({path, item.status, *fd}); !visited) return visited;
    if (item.status.is_directory()) descend(path);
    return success();
  }

  void descend(const RelPath& path) {
    const auto fd = cursor_.enter(path.bytes());
    // The root's own descriptor may have been read before.
    if (fd && path.is_root()) (void)fs_.seek(*fd, 0, Seek::kStart);
    Status read = fd ? listing_.read(fs_, *fd) : Status(fd.error());
    if (!read) return visitor_.problem(path, read.error());
    visitor_.listed(path, listing_);
    Level level{path, {}};
    const auto& entries = listing_.entries();
    level.rest.reserve(entries.size());
    for (const Listing::Entry& entry : entries) {
      level.rest.push_back({std::string(entry.name), entry.status, entry.error_number});
    }
    std::reverse(level.rest.begin(), level.rest.end());
    levels_.push_back(std::move(level));
  }

  FileSystem& fs_;
  const Root& root_;
  const InventoryVisitor& visitor_;
  DirectoryCursor cursor_;
  Listing listing_;
  std::vector<Level> levels_;
};

}  // namespace

Status take_inventory(FileSystem& fs, const Root& root, const InventoryVisitor& visitor) {
  return Inventory(fs, root, visitor).run();
}

}  // namespace foldersync
