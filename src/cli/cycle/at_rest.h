// A replica is ours alone, and what a killed run left in it comes to rest.
#pragma once

#include "apply/recovery/recover.h"
#include "cli/planning/tools.h"
#include "core/result.h"

namespace foldersync {

// How what a killed run left comes to rest, see RecoverRequest.
struct RecoveryWish {
  Recovery wanted = Recovery::kFinish;
  bool drop_conflicts = false;
  bool run_follows = false;
};

// One for all cycles of a command.
class AtRest {
 public:
  // Waits so long for a lock.
  AtRest(const Tools& tools, double lock_wait_seconds)
      : tools_(tools), lock_wait_seconds_(lock_wait_seconds) {}

  // Takes the replica's lock.
  Status lock(Root& replica);
  // Brings to rest what a killed run left, and says so. Requires: the lock is held.
  Result<Recovered> recover(const Root& replica, RecoveryWish wish);

 private:
  void close_what_was_left_open(const Root& replica);

  const Tools& tools_;
  double lock_wait_seconds_;
};

}  // namespace foldersync
