// Removing what a window has displaced, on several threads.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "apply/steps/doomed_tree.h"
#include "fs/file_system.h"
#include "fs/wind_up.h"

namespace foldersync {

// An entry in a staging folder, for which there is no use any more.
struct Discarded {
  Place place;
  bool is_directory = false;
};

struct PurgeRequest {
  FileSystem& fs;
  const std::vector<Discarded>& gone;
  const std::vector<DoomedTree>& trees;
  std::size_t threads = 1;
  const WindUp& wind_up;  // when it is over, the rest stays
};

struct Purged {
  bool is_complete = true;    // false: told to stop, and that would have taken long
  std::vector<Place> filled;  // directories that others have put something into: they stay
  // Trees that could not be removed, or not be looked through. They stay, too, and so must the
  // window's record, which tells what of them is others'.
  std::vector<Place> stuck;
  std::optional<Error> why;  // of one of them
};

// What can't be removed for another reason, and is no tree, goes with its staging folder.
Purged purge(const PurgeRequest& request);

}  // namespace foldersync
