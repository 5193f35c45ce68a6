// The folder in which new things are made before they appear, and into which old ones vanish.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"

namespace foldersync {

// `.sync-txn` in a directory of the replica: the root, or a directory that renames from the root's
// area don't reach (a nested Btrfs subvolume, say). Mode 0700, no inherited ACLs; belongs to the
// run that holds the replica's lock.
class StagingArea {
 public:
  // Makes the folder, or takes over and empties what a killed run left. `home` must stay open.
  // Error kRefused where something else has the name: no directory, or another user's.
  static Result<StagingArea> open(FileSystem& fs, int home, bool as_root);

  enum class Leftover : std::uint8_t {
    kNone,
    kCleared,    // a killed run's folder was there and is gone
    kConflicts,  // what others wrote is kept in it, and only that
  };
  // Removes what a killed run left in `home`, if there is anything.
  static Result<Leftover> clear_leftover(FileSystem& fs, int home);

  // A subfolder, made if it is missing.
  Result<Fd> folder(const std::string& name);

  [[nodiscard]] int fd() const { return fd_.get(); }

  // Empties and removes the folder. Where something was put aside in `conflict`, that stays.
  Status remove();

  // Makes the subfolder for what others wrote and what must never be removed by itself.
  Result<Fd> conflict_folder() { return folder("conflict"); }

 private:
  StagingArea(FileSystem& fs, int home, Fd fd) : fs_(&fs), home_(home), fd_(std::move(fd)) {}

  FileSystem* fs_;
  int home_;
  Fd fd_;
};

}  // namespace foldersync
