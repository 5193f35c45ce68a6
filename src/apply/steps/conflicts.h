// Keeping what others wrote and what can't go back to where they wrote it.
#pragma once

#include <optional>
#include <string>

#include "apply/stage/staging_area.h"
#include "apply/steps/publisher.h"
#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"

namespace foldersync {

// The folder `conflict` of a staging area, which is never removed with what is in it.
class Conflicts {
 public:
  Conflicts(FileSystem& fs, StagingArea& area) : fs_(fs), area_(area) {}

  // Makes the folder, so that it is there when the disk is full.
  Status prepare();

  // Moves it there; tried twice, since much hangs on it. The answer: the name that it has there.
  Result<std::string> keep(const Place& place);

  // Whether there was something to be kept.
  [[nodiscard]] bool any() const { return any_; }
  // Whether some of it could not be, and lies where the staging folder's removal would take it
  // along.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  FileSystem& fs_;
  StagingArea& area_;
  std::optional<Fd> folder_;
  bool any_ = false;
  bool failed_ = false;
};

}  // namespace foldersync
