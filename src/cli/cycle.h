// Applying a plan with a log, a progress line and a summary: what `run` and `apply` share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "apply/engine.h"
#include "apply/recover.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "fs/clock.h"

namespace foldersync {

// Counts and logs what becomes of actions.
class CycleObserver final : public ApplyObserver {
 public:
  CycleObserver(Log& log, ProgressCounts& counts, bool dry_run)
      : log_(log), counts_(counts), dry_run_(dry_run) {}

  void report(const ActionReport& report) override;
  void warn(const std::string& sentence) override { log_.warn(sentence); }

  [[nodiscard]] std::uint64_t count(Outcome outcome) const {
    return outcomes_[static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] const Summary& done() const { return done_; }

 private:
  Log& log_;
  ProgressCounts& counts_;
  bool dry_run_;
  std::array<std::uint64_t, kOutcomes> outcomes_{};
  Summary done_;
};

struct CycleRequest {
  Session& session;
  Log& log;
  Signals& signals;
  const Roots& roots;  // with a replica
  const StoredPlan& plan;
  const std::vector<KnownMount>* source_mounts = nullptr;  // to be remembered; null: nothing is
  bool follow_source = false;
  double started = 0;                // monotonic seconds, for the summary
  bool conflicts = false;            // an earlier run kept what others wrote
  std::uint64_t source_entries = 0;  // to be remembered with the mounts
};

// Takes the replica's lock, waiting as long as the settings allow.
Status take_lock(Session& session, Signals& signals, Log& log, Root& replica);

// Brings to rest what a killed run left in the replica, and says so. Requires: its lock is held.
Result<Recovered> recover_and_log(Session& session, Log& log, const Root& replica,
                                  Recovery wanted = Recovery::kFinish, bool keep_partial = false);

// Both, before a run. The answer: whether what others wrote is kept in the replica.
Result<bool> take_over(Session& session, Signals& signals, Log& log, Root& replica);

// Logs the plan's problems, applies it, logs the summary, saves the state.
ExitCode apply_and_log(const CycleRequest& request);

// Whether the progress line is wanted.
bool wants_progress(const Settings& settings);
// Whether colours are wanted on standard output.
bool wants_colour(const Settings& settings);

}  // namespace foldersync
