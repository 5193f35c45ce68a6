#include "apply/look/replica_names.h"

#include "scan/inventory.h"
#include "scan/local_tree.h"

namespace foldersync {

// RACE: a name that others take out of the replica after the count is still counted. Whose file it
// is they could have changed by that name, too.
Status ReplicaNames::count() {
  std::map<Object, std::uint32_t> counted;
  InventoryVisitor visitor;
  visitor.stop = stop_;
  // No name of a file lies on another mount than the file.
  visitor.admits = [&](std::string_view, std::string_view, const FileStatus& status) {
    return status.mount == replica_.status.mount;
  };
  visitor.visit = [&](const InventoryEntry& entry) {
    const FileStatus& status = entry.status;
    if (!status.is_directory() && status.links > 1) ++counted[{status.device, status.inode}];
    return success();
  };
  visitor.listed = [](const RelPath&, const DirectoryNames&) {};
  visitor.problem = [](const RelPath&, const Error&) {};
  TRY(take_inventory(tree_of(replica_), replica_.status, visitor));
  counted_ = std::move(counted);
  return success();
}

Result<std::uint32_t> ReplicaNames::of(const FileStatus& status) {
  const std::lock_guard lock(mutex_);
  if (!counted_) {
    TRY(count());
  }
  const auto found = counted_->find({status.device, status.inode});
  return found == counted_->end() ? std::uint32_t{1} : found->second;
}

void ReplicaNames::forget() {
  const std::lock_guard lock(mutex_);
  counted_.reset();
}

}  // namespace foldersync
