// What `run` and `apply` make ready before they change a replica: it is there and at rest, so is
// the backup folder, and nothing can be written elsewhere.
#pragma once

#include <string>
#include <vector>

#include "cli/cycle/at_rest.h"
#include "cli/kept/unproven.h"
#include "cli/planning/last_run_check.h"
#include "cli/values/options.h"
#include "core/result.h"
#include "scan/roots.h"

namespace foldersync {

// One for all plans of a command; not for dry runs.
class Preparation {
 public:
  // What it is given outlives it.
  Preparation(const Tools& tools, const ApplyingOptions& options, LastRunCheck& last_run)
      : tools_(tools),
        options_(options),
        last_run_(last_run),
        at_rest_(tools, options.lock_wait_seconds) {}

  // Makes the backup folder, where one is wanted, and the replica, where there is none yet, as one
  // of `plan`. Error kRefused also where they are other folders than those that are known.
  Status make_places(Roots& roots, const PlanOptions& plan);
  // The replica is ours alone, and holds at its root nothing of a killed run; where the backup
  // folder is there, too, nothing is written elsewhere from now on.
  Status bring_to_rest(Root& replica);
  // The same for what a walk has found below the root. The answer: whether something was removed.
  Result<bool> clear(const Root& replica, const std::vector<RelPath>& leftovers);
  // From the first call on nothing is written elsewhere. Requires: the replica's lock is held.
  void confine(const Root& replica);

  // Whether earlier runs left something that a person should see to: what others wrote, or what
  // can't be looked at or removed.
  [[nodiscard]] bool has_conflicts() const { return conflicts_ || unproven_.is_news; }
  // As in UnprovenTold.
  [[nodiscard]] const std::string& unproven() const { return unproven_.summary; }
  // See BackupOrder.
  [[nodiscard]] const std::string& backup_identity() const { return backup_identity_; }

 private:
  [[nodiscard]] bool has_backup_folder() const;

  const Tools& tools_;
  const ApplyingOptions& options_;
  LastRunCheck& last_run_;
  AtRest at_rest_;
  bool has_places_ = false;
  std::string backup_identity_;
  bool conflicts_ = false;
  UnprovenTold unproven_;
  bool is_confined_ = false;
};

}  // namespace foldersync
