// Making a window durable: what it staged before the first change, what it changed before the old
// is removed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apply/look/report.h"
#include "apply/stage/staging_area.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/replica_access.h"

namespace foldersync {

// What the barriers of all windows share.
struct SyncContext {
  FileSystem& fs;
  bool wanted = true;         // false where nothing has to survive a power cut
  bool cross_mounts = false;  // what is mounted inside the replica is changed, too
  ApplyObserver& observer;
  bool said_unsupported = false;
  bool said_left_out = false;    // that something can't be made durable
  bool area_is_entered = false;  // the staging area's own name is durable
  // When it is over, what is synced one by one ends with kStopped; null: nobody tells.
  const WindUp* wind_up = nullptr;
};

// What a window leaves to be synced.
struct ToSync {
  std::size_t entries = 0;  // staged, or changed in place
  // Directories whose entries come and go, and links: a folder of many of these takes Btrfs minutes
  // where it is synced by itself.
  std::size_t names = 0;
};

// What a window changed: directories whose entries or metadata did, and files whose metadata did.
struct Touched {
  std::set<RelPath> directories;
  std::vector<RelPath> files;
  bool others = false;  // metadata of what can't be opened: links, FIFOs, devices
};

// One window's. Few files are made durable one by one, many by one call for their whole file
// system, which waits for what others write there too. Nothing is repeated after an error: the
// kernel may have dropped what it could not write.
class Barrier {
 public:
  explicit Barrier(SyncContext& context) : context_(context), fs_(context.fs) {}

  // Before anything is staged in `area`.
  Status begin(const StagingArea& area, ToSync amount);

  [[nodiscard]] bool is_wanted() const { return context_.wanted; }
  // Whether what is staged, and the window's record, have to be synced one by one as they are made.
  [[nodiscard]] bool syncs_each() const { return is_wanted() && each_; }
  // Whether new directories are filled before they appear. Where each file is synced by itself,
  // each directory has to be synced once more for that: worth it where each rename is a journey
  // (FUSE).
  [[nodiscard]] bool fills_directories() const { return !syncs_each() || !has_sync_all_; }

  // What came of writing some of it early.
  void written_early(Status status) { early_ = std::move(status); }
  // What is staged is on disk when this is done.
  Status before_commit(const StagingArea& area, const std::vector<Fd>& folders);
  // What the committer touched is on disk when this is done.
  Status after_commit(const StagingArea& area, const std::vector<Fd>& folders,
                      const Touched& touched, ReplicaAccess& replica);
  // Likewise where there is no window: `fd` is open on the file system that was changed.
  Status touched_alone(int fd, const Touched& touched, ReplicaAccess& replica);
  // All of the file system that holds `fd`; where it can't be told so, what `fd` stands for.
  Status all(int fd);
  // What `fd` stands for.
  Status opened(int fd);

 private:
  template <class Work>
  Status with_open(ReplicaAccess& replica, const Work& work);
  [[nodiscard]] Status heed() const;
  void tell_left_out(const std::string& what);
  Status sync_closed(const RelPath& path, ReplicaAccess& replica, std::set<std::uint64_t>& synced);
  Status sync_touched(const Touched& touched, ReplicaAccess& replica);
  Status sync_changes(const StagingArea& area, const std::vector<Fd>& folders,
                      const Touched& touched, ReplicaAccess& replica);

  Status other_file_systems(int own_fd, const Touched& touched, ReplicaAccess& replica);

  SyncContext& context_;
  FileSystem& fs_;
  Status early_ = success();
  bool each_ = true;
  bool has_sync_all_ = true;
};

}  // namespace foldersync
