// Folders above what a run has changed, where a file system gives them another time for it: a pool
// of disks makes there what was on another disk.
#pragma once

#include <set>

#include "apply/look/look.h"
#include "core/path.h"

namespace foldersync {

// The root's own is left out: it is given at the end of all.
class TimesAbove {
 public:
  void note(const std::set<RelPath>& changed);
  // Whether one of them has another time than the source's folder by now: the plan has given it
  // none, or one that did not stay.
  [[nodiscard]] bool have_moved(Looker& looker, const Policy& policy) const;

 private:
  std::set<RelPath> above_;
};

}  // namespace foldersync
