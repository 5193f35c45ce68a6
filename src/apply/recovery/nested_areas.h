// Staging folders below the replica's root, in directories that renames from the root's own staging
// folder don't reach (a nested Btrfs subvolume, say).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "apply/stage/record.h"
#include "apply/stage/staging_area.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"
#include "fs/replica_access.h"
#include "scan/roots.h"

namespace foldersync {

// Those of a window.
class NestedAreas {
 public:
  // `area` is the root's, whose key they share; `identity` the replica's.
  NestedAreas(FileSystem& fs, const StagingArea& area, std::string identity, bool as_root)
      : fs_(fs), key_(area.key()), identity_(std::move(identity)), as_root_(as_root) {}

  // The folder in that directory, made if it is missing; open until remove_all().
  Result<int> in(const RelPath& directory, ReplicaAccess& replica);

  [[nodiscard]] bool empty() const { return areas_.empty(); }
  [[nodiscard]] bool has(const RelPath& directory) const { return areas_.contains(directory); }
  [[nodiscard]] std::vector<int> folders() const;  // the open ones

  // Removes them all. False: something is left.
  bool remove_all();
  // Closes them all, and leaves them as they are.
  void forget() { areas_.clear(); }

 private:
  struct Nested {
    Fd home;
    StagingArea area;
  };

  FileSystem& fs_;
  StagingKey key_;
  std::string identity_;
  bool as_root_;
  std::map<RelPath, Nested> areas_;
};

// After a kill: removes those that a window may have made. What neither the record knows nor is the
// copy of something that it knows stays, in their `conflict`. The answer: whether that is so. Error
// kStopped: left.wind_up is over.
struct NestedLeft {
  const StagingArea& area;  // the root's
  const WindowRecord& record;
  const WindUp& wind_up;
};
Result<bool> clear_nested_areas(FileSystem& fs, const Root& replica, const NestedLeft& left);

}  // namespace foldersync
