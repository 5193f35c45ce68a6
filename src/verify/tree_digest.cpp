#include "verify/tree_digest.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "format/digest_bytes.h"
#include "plan/facts.h"
#include "scan/content.h"

namespace foldersync {
namespace {

constexpr std::string_view kForm = "sync.tree 1";

class TreeDigest {
 public:
  TreeDigest(CachedTree hashes, const std::atomic<bool>* stop) : hashes_(hashes), judge_(stop) {}

  // The entries come in path order, each directory before what it holds.
  Status add(const InventoryEntry& entry) {
    if (!entry.path.is_root()) leave_until(entry.path.parent_bytes());
    if (entry.status.is_directory()) {
      levels_.push_back({deepest_.size(), Sha256Hasher()});
      deepest_ = entry.path.bytes();
      levels_.back().hasher.update(kForm);
      return success();
    }
    const std::string name(entry.path.name());
    std::string record;
    bytes::put_text(record, name);
    bytes::put_text(record, to_string(entry.status.type));
    const auto what = TRY(content_of(entry, name));
    bytes::put_text(record, what);
    levels_.back().hasher.update(std::string_view(record));
    return success();
  }

  Sha256 finish() {
    leave_until({});
    return levels_.back().hasher.finish();
  }

 private:
  // A directory on the way down to the deepest one, which has the path of all: deep trees would
  // take memory by the square of their depth.
  struct Level {
    std::size_t parent_size;  // of the path of the one above
    Sha256Hasher hasher;
  };

  // Ends the directories below `path`, each in the one above it.
  void leave_until(std::string_view path) {
    while (deepest_ != path) {
      const std::string digest = to_string(levels_.back().hasher.finish());
      std::string record;
      const std::size_t parent_size = levels_.back().parent_size;
      const std::size_t slash = parent_size == 0 ? 0 : 1;
      bytes::put_text(record, std::string_view(deepest_).substr(parent_size + slash));
      bytes::put_text(record, to_string(FileType::kDirectory));
      bytes::put_text(record, digest);
      deepest_.resize(parent_size);
      levels_.pop_back();
      levels_.back().hasher.update(std::string_view(record));
    }
  }

  Result<std::string> content_of(const InventoryEntry& entry, const std::string& name) {
    switch (entry.status.type) {
      case FileType::kFile: {
        if (directory_ != entry.path.parent_bytes()) {
          directory_ = entry.path.parent_bytes();
          hashes_.begin(*directory_);
        }
        const auto md5 = TRY(judge_.md5({entry.directory, name, entry.status}, hashes_));
        return to_string(md5);
      }
      case FileType::kSymlink:
        return entry.directory->target(name.c_str());
      case FileType::kCharDevice:
      case FileType::kBlockDevice:
        return device_text(entry.status.rdev);
      default:
        return std::string();
    }
  }

  DirectoryHashes hashes_;
  std::optional<std::string> directory_;  // that hashes_ serves
  ContentJudge judge_;
  std::vector<Level> levels_;  // from the root down to where the walk is
  std::string deepest_;        // the path of the last one
};

}  // namespace

Result<Sha256> digest_of(const ReadableTree& tree, const FileStatus& root, CachedTree hashes,
                         InventoryVisitor inventory) {
  TreeDigest digest(hashes, inventory.stop);
  inventory.visit = [&](const InventoryEntry& entry) -> Status {
    Status added = digest.add(entry);
    if (added || added.error().code == ErrorCode::kStopped) return added;
    inventory.problem(entry.path, added.error());
    return success();
  };
  TRY(take_inventory(tree, root, inventory));
  return digest.finish();
}

}  // namespace foldersync
