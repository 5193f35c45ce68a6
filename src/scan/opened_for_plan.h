// Directories of the replica that are the caller's own and closed to him: they are opened up for as
// long as a plan is made, and then closed again.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "core/path.h"
#include "core/result.h"
#include "fs/replica_access.h"
#include "scan/roots.h"

namespace foldersync {

// CRASH: killed before close_all(), they keep u+rwx, and the next run closes them by the notes.
// Where there are none, the next plan finds those to which the source gives another mode.
class OpenedForPlan {
 public:
  // Of a replica, open for as long as this is used.
  explicit OpenedForPlan(const Root& replica) : replica_(replica) {}

  // Nothing happens where the caller may read everything, or it can't be opened up. Any thread.
  void open_up(const RelPath& directory);

  // Whether open_up() has changed its mode. Any thread.
  bool has_opened(const RelPath& directory);

  // Likewise, where others have noted more than this has opened.
  std::vector<Error> close_own();

  // Gives all of them their mode back, and nothing else is open. The answer: those that it could
  // not be given to, with the error. Requires: nobody works in them any more.
  std::vector<Error> close_all();

 private:
  const Root& replica_;
  std::mutex mutex_;
  bool is_asked_ = false;  // whether there is anything to be opened up for this process
  std::optional<ReplicaAccess> access_;
};

}  // namespace foldersync
