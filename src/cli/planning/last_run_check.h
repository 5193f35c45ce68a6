// The pair of folders against the memory of the last run: whether each is what that one saw, and
// how much may go if not.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/kept/kept_state.h"
#include "cli/kept/ways.h"
#include "cli/values/options.h"
#include "core/result.h"
#include "planner/planner.h"
#include "state/last_run.h"

namespace foldersync {

class LastRunCheck {
 public:
  // The options say which of the two folders may be another one this time. `stop` is set by others:
  // error kStopped then.
  LastRunCheck(KeptState& state, const PlanningOptions& options, const std::atomic<bool>& stop)
      : state_(state), options_(options), stop_(stop) {}

  // Error kRefused where the replica is not what the last good run saw. Requires: the state is
  // open.
  Status compare(const Roots& roots);
  // What of the source nobody could read so far.
  [[nodiscard]] UnreadBefore unread_before(const Roots& roots) const;
  // Of the source, as the last run saw it, those that are no directories; 0: that is not known.
  [[nodiscard]] std::uint64_t known_files() const { return known_ ? known_->run.files : 0; }
  // Once both folders were walked: error kRefused where a file system that was mounted inside the
  // source is gone; and the guards on what earlier runs saw are added to the plan.
  Status judge(const Roots& roots, Planned& planned);
  // Where others can exchange a name on the way to the replica, it must be the one that is known.
  Status meet_replica(const Roots& roots);
  [[nodiscard]] OtherFolder other_replica() const {
    return options_.new_replica ? OtherFolder::kIsMeant : OtherFolder::kIsRefused;
  }
  // For the next run; kept when the state is saved. `is_exact`: the replica is what the source is.
  // Requires: there is a replica; judge().
  void remember(const Roots& roots, const Planned& seen, bool is_exact);
  // The same after a plan of a document, which does not tell all that its maker saw: entries are
  // counted from its summary, and of the mounts those are known that an earlier run knew.
  void remember_applied(const Roots& roots, const PlanHeader& plan);

 private:
  [[nodiscard]] bool is_certain() const;
  [[nodiscard]] bool is_same_pair(const Roots& roots) const;
  void tell_unread(const Roots& roots, const Planned& planned);
  void remember_unread(const Roots& roots, const Planned& seen, LastRun& run) const;
  Status look_for_mounts(const Roots& roots, const std::vector<KnownMount>& mounts);
  void add_guards(const Roots& roots, Planned& planned) const;

  KeptState& state_;
  const PlanningOptions& options_;
  const std::atomic<bool>& stop_;
  std::optional<Recalled> known_;        // of the replica that was compared last
  std::vector<KnownMount> still_there_;  // of its mounts, though this run leaves them out
};

// What a guard that refuses tells a person, with what would go.
std::string explain_with_names(const Guard& guard, const StoredPlan& plan);

}  // namespace foldersync
