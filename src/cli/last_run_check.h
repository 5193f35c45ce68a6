// The pair of folders against the memory of the last run: whether each is what that one saw.
#pragma once

#include <optional>
#include <vector>

#include "cli/kept_state.h"
#include "cli/options.h"
#include "cli/ways.h"
#include "core/result.h"
#include "planner/planner.h"
#include "state/last_run.h"

namespace foldersync {

class LastRunCheck {
 public:
  // The options say which of the two folders may be another one this time.
  LastRunCheck(KeptState& state, const PlanningOptions& options)
      : state_(state), options_(options) {}

  // Error kRefused where a folder is not what the last good run saw of this pair. Requires: the
  // state is open.
  Status compare(const Roots& roots);
  // Likewise, once the source was walked: what was mounted inside it must still be.
  Status compare_mounts(const Roots& roots, const std::vector<KnownMount>& mounts) const;
  // Where others can exchange a name on the way to the replica, it must be the one that is known.
  Status meet_replica(const Roots& roots);
  [[nodiscard]] OtherFolder other_replica() const {
    return options_.new_replica ? OtherFolder::kIsMeant : OtherFolder::kIsRefused;
  }
  // For the next run; kept when the state is saved. Requires: there is a replica.
  void remember(const Roots& roots, const Planned& seen);

 private:
  KeptState& state_;
  const PlanningOptions& options_;
  std::optional<LastRun> last_run_;  // of the pair that was compared last
};

}  // namespace foldersync
