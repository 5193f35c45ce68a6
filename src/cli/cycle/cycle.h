// Applying a plan with a log, a progress line and a summary: what `run` and `apply` share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "apply/engine.h"
#include "cli/console/report_file.h"
#include "cli/planning/tools.h"
#include "cli/values/exit_code.h"

namespace foldersync {

// What a cycle that plans twice hands on from its first plan to the second: of all there is one
// group of the report, and one backup where both can be taken back together.
struct FirstPlan {
  std::optional<ReportEnd> end;  // as it would have been told; there: another plan is to be made
  std::shared_ptr<Backup> backup = nullptr;
  bool lacked_room = false;  // for some of it, and some of the plan makes room

  [[nodiscard]] ReportEnd with(ReportEnd second) const;
};

struct CycleRequest {
  const Tools& tools;
  const ApplyingOptions& options;
  const Roots& roots;  // with a replica
  const StoredPlan& plan;
  ReportFile* report = nullptr;  // null: none is wanted
  bool follow_source = false;    // see ApplyRequest, as the next two
  bool check_space = true;
  bool refuse_stale = false;
  bool conflicts = false;  // an earlier run kept what others wrote
  // Attributes were to be compared, and the replica can't hold those of what is there.
  bool lacks_xattrs = false;
  double started = 0;                // monotonic seconds, for the summary
  std::string backup_identity = {};  // see BackupOrder
  std::string unproven = {};         // as in UnprovenTold
  std::string verified = {};         // as VerifyShare::summary
  // Is called when the plan was applied, and told whether the replica is what the source is, and
  // whether at least each action of the plan is done. May be empty.
  std::function<void(bool, bool)> remember = {};
  // Null, or it says whether another plan is needed: a limit of names was learned, some parted, or
  // a quota that no figures show left no room. Where it does already, this is that plan.
  FirstPlan* first_plan = nullptr;
};

// Logs the plan's problems, applies it, logs the summary, saves the state.
ExitCode apply_and_log(const CycleRequest& request);

// Whether all or nothing was asked for, and something could not be read.
bool lacks_something(const ApplyingOptions& options, const StoredPlan& plan);

}  // namespace foldersync
