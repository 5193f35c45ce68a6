// Taking out of a plan what must not happen, once everything is known. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "core/path.h"
#include "plan/action.h"

namespace foldersync {

struct PruneResult {
  // Directories that would have become something else, but something below them has to stay, and
  // the paths that would have been links to them.
  std::vector<RelPath> blocked;  // in path order
  // Directories whose `finish` was taken out: they stay as they are.
  std::size_t unchanged = 0;
};

// Takes out of `actions`
// - the deletion of each directory that a path of `kept` lies in or is: what is excluded, mounted
//   or unreadable keeps its parents;
// - the replacement of such a directory, with all that was to happen below it;
// - `finish` actions that only the children asked for, where no child is created, replaced or
//   deleted any more.
PruneResult prune(std::vector<Action>& actions, std::vector<RelPath> kept);

}  // namespace foldersync
