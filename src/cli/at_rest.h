// Before a replica is changed: it is ours alone, and what a killed run left in it has come to rest.
#pragma once

#include "apply/recovery/recover.h"
#include "cli/confinement.h"
#include "cli/kept_state.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/signals.h"
#include "core/result.h"

namespace foldersync {

// What a command has at hand from its start to its end.
struct Tools {
  FileSystem& fs;
  KeptState& state;
  Signals& signals;
  Log& log;
  const CommonOptions& options;

  // See write_nowhere_else(); the state folder is added. A refusal is a warning.
  void confine(WrittenPlaces places) const;
};

// Says what there is to say of cache and memory.
void log_warnings(const Tools& tools);

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
  // The same before a run. The answer: whether something is left that a person should see to: what
  // others wrote, or a staging folder that can't be looked at.
  Result<bool> prepare(const Root& replica);

 private:
  void close_what_was_left_open(const Root& replica);

  const Tools& tools_;
  double lock_wait_seconds_;
};

}  // namespace foldersync
