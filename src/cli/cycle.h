// Applying a plan with a log, a progress line and a summary: what `run` and `apply` share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "apply/engine.h"
#include "apply/recovery/recover.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/report_file.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "fs/clock.h"

namespace foldersync {

// Counts, logs and reports what becomes of actions.
class CycleObserver final : public ApplyObserver {
 public:
  // Without a report, nothing is reported.
  CycleObserver(Log& log, ProgressCounts& counts, bool dry_run, ReportFile* report)
      : log_(log), counts_(counts), dry_run_(dry_run), report_(report) {}

  void report(const ActionReport& report) override;
  void warn(const std::string& sentence) override { log_.warn(sentence); }

  [[nodiscard]] std::uint64_t count(Outcome outcome) const {
    return outcomes_[static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] const std::array<std::uint64_t, kOutcomes>& outcomes() const { return outcomes_; }
  [[nodiscard]] const Summary& done() const { return done_; }
  // The first of those that were stale, as lines for people.
  [[nodiscard]] const std::vector<std::string>& first_stale() const { return first_stale_; }

 private:
  Log& log_;
  ProgressCounts& counts_;
  bool dry_run_;
  ReportFile* report_;
  std::vector<std::string> first_stale_;
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
  ReportFile* report = nullptr;      // null: none is wanted
};

// Says what there is to say of cache and memory.
void log_warnings(Session& session, Log& log);

// What a report says of the command that writes it.
ReportSubject report_subject(const Settings& settings, std::string source, std::string replica);

// Ends a report's group; where it could not be written, says so, and makes more of a code that says
// that all is well. A report of null: nothing is done. The answer: the exit code.
ExitCode end_report(ReportFile* report, Log& log, const ReportEnd& end);

// Takes the replica's lock, waiting as long as the settings allow.
Status take_lock(Session& session, Signals& signals, Log& log, Root& replica);

// Brings to rest what a killed run left in the replica, and says so. Requires: its lock is held.
Result<Recovered> recover_and_log(Session& session, Log& log, const Root& replica,
                                  Recovery wanted = Recovery::kFinish, bool keep_partial = false);

// Both, before a run. The answer: whether what others wrote is kept in the replica.
Result<bool> finish_killed_run(Session& session, Signals& signals, Log& log, Root& replica);

// Logs the plan's problems, applies it, logs the summary, saves the state.
ExitCode apply_and_log(const CycleRequest& request);

// What the console says: no more than warnings where standard output is for the report.
Verbosity console_verbosity(const Settings& settings);
// Whether the progress line is wanted.
bool wants_progress(const Settings& settings);
// Whether colours are wanted on standard output.
bool wants_colour(const Settings& settings);

}  // namespace foldersync
