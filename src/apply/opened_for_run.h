// Directories of the replica that a run had to open up for their owner.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "apply/look/look.h"
#include "apply/stage/request.h"
#include "core/path.h"
#include "fs/replica_access.h"

namespace foldersync {

// Each gets the mode back that it had, unless the plan gives it one. `own` and `lookers` are the
// ways into the replica of all threads, which have listed them. One thread, while no other works.
class OpenedForRun {
 public:
  OpenedForRun(const ApplyRequest& request, std::vector<Looker>& lookers, ReplicaAccess& own)
      : request_(request), lookers_(lookers), own_(own) {}

  // Before what it finishes gets its final mode, which may be the one that it was opened up to.
  // Where the action says none, nothing happens: it gets its own back.
  void gets_mode(const Action& finish);
  // That has its final mode, and needs none back. Likewise.
  void has_mode(const Action& finish);
  // What was opened up at or below `from` is by another path now.
  void moved(const RelPath& from, const RelPath& to);

  // Closes them again, but for the root, in which the staging folder is. Which could not be closed
  // is told, each once.
  void close_below_root();
  // The root too, and what could not be closed before.
  void close_all();
  // Whether the last try has left some open.
  [[nodiscard]] bool any_left() const { return any_left_; }

 private:
  AllOpenedUp take_all();
  void tell(const std::vector<Error>& errors);

  const ApplyRequest& request_;
  std::vector<Looker>& lookers_;
  ReplicaAccess& own_;
  std::set<std::string> told_;  // paths
  bool any_left_ = false;
};

}  // namespace foldersync
