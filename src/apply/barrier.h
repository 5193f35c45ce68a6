// Making a window durable: what it staged before the first change, what it changed before the old
// is removed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apply/committer.h"
#include "apply/report.h"
#include "apply/staging_area.h"
#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// Few files are made durable one by one, many by one call for their whole file system, which waits
// for what others write there too. Nothing is repeated after an error: the kernel may have dropped
// what it could not write.
class Barrier {
 public:
  // `wanted`: false where nothing has to survive a power cut.
  Barrier(FileSystem& fs, bool wanted, ApplyObserver& observer)
      : fs_(fs), wanted_(wanted), observer_(observer) {}

  // Before anything is staged in `area`: how many files and folders it will be.
  Status begin(const StagingArea& area, std::size_t staged);

  [[nodiscard]] bool is_wanted() const { return wanted_; }
  // Whether what is staged, and the window's record, have to be synced one by one as they are made.
  [[nodiscard]] bool syncs_each() const { return wanted_ && each_; }

  // What is staged is on disk when this is done.
  Status before_commit(const StagingArea& area, const std::vector<Fd>& folders);
  // What the committer touched is on disk when this is done.
  Status after_commit(const StagingArea& area, const std::vector<Fd>& folders,
                      const Committer::Touched& touched, ReplicaAccess& replica);
  // Everything, the slow way or the quick one.
  Status all(const StagingArea& area);
  // One directory.
  Status directory(int fd);

 private:
  Status sync_touched(const Committer::Touched& touched, ReplicaAccess& replica, int area);

  FileSystem& fs_;
  bool wanted_;
  ApplyObserver& observer_;
  bool each_ = true;
  bool has_sync_all_ = true;
  bool said_unsupported_ = false;
};

}  // namespace foldersync
