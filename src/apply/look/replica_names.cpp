#include "apply/look/replica_names.h"

#include "scan/inventory.h"
#include "scan/local_tree.h"

namespace foldersync {

// RACE: a name that others take out of the replica after the walk still counts. Whose file it
// is they could have changed by that name, too.
Status ReplicaNames::find() {
  std::map<ObjectId, std::vector<RelPath>> found;
  InventoryVisitor visitor;
  visitor.stop = stop_;
  // No name of a file lies on another mount than the file.
  visitor.admits = [&](std::string_view, std::string_view, const FileStatus& status) {
    return status.mount == replica_.status.mount;
  };
  visitor.visit = [&](const InventoryEntry& entry) {
    const FileStatus& status = entry.status;
    if (status.is_directory() || status.links == 1) return success();
    found[object_of(status)].push_back(entry.path);
    return success();
  };
  TRY(take_inventory(tree_of(replica_), replica_.status, visitor));
  found_ = std::move(found);
  return success();
}

Result<std::vector<RelPath>> ReplicaNames::of(const FileStatus& status) {
  const std::lock_guard lock(mutex_);
  if (!found_) TRY(find());
  const auto names = found_->find(object_of(status));
  return names == found_->end() ? std::vector<RelPath>() : names->second;
}

void ReplicaNames::forget() {
  const std::lock_guard lock(mutex_);
  found_.reset();
}

}  // namespace foldersync
