// Applying a plan with a log, a progress line and a summary: what `run` and `apply` share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/engine.h"
#include "cli/at_rest.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/report_file.h"
#include "cli/terminal.h"

namespace foldersync {

enum class Execution : std::uint8_t { kReal, kDry };

// Counts, logs and reports what becomes of actions.
class CycleObserver final : public ApplyObserver {
 public:
  // Without a report, nothing is reported. Once `stop` is set, what is not done has no lines.
  CycleObserver(Log& log, ProgressCounts& counts, Execution execution, ReportFile* report,
                const std::atomic<bool>& stop)
      : log_(log), counts_(counts), execution_(execution), report_(report), stop_(stop) {}

  void report(const ActionReport& report) override;
  void warn(const std::string& sentence) override { log_.warn(sentence); }

  [[nodiscard]] std::uint64_t count(Outcome outcome) const {
    return outcomes_[static_cast<std::size_t>(outcome)];
  }
  // How many were skipped for another reason than that the source's entry had vanished.
  [[nodiscard]] std::uint64_t skipped() const { return count(Outcome::kSkipped) - vanished_; }
  [[nodiscard]] std::uint64_t vanished() const { return vanished_; }
  // How many files of the replica that had decayed were written anew.
  [[nodiscard]] std::uint64_t healed() const { return healed_; }
  [[nodiscard]] const OutcomeCounts& outcomes() const { return outcomes_; }
  [[nodiscard]] const Summary& done() const { return done_; }
  // Whether some of it failed since there was no room.
  [[nodiscard]] bool lacked_room() const { return lacked_room_; }
  // The first of those that were stale, as lines for people.
  [[nodiscard]] const std::vector<std::string>& first_stale() const { return first_stale_; }

 private:
  Log& log_;
  ProgressCounts& counts_;
  Execution execution_;
  ReportFile* report_;
  const std::atomic<bool>& stop_;
  std::vector<std::string> first_stale_;
  OutcomeCounts outcomes_{};
  std::uint64_t vanished_ = 0;
  std::uint64_t healed_ = 0;
  bool lacked_room_ = false;
  Summary done_;
};

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
  // Is called when the plan was applied, and told whether all of it is done. May be empty.
  std::function<void(bool)> remember = {};
  // Null, or it says whether another plan is needed: a limit of names was learned, some parted, or
  // a quota that no figures show left no room. Where it does already, this is that plan.
  FirstPlan* first_plan = nullptr;
};

// Logs the plan's problems, applies it, logs the summary, saves the state.
ExitCode apply_and_log(const CycleRequest& request);

// Whether all or nothing was asked for, and something could not be read.
bool lacks_something(const ApplyingOptions& options, const StoredPlan& plan);

// The program's own files and folders of a command that applies, as place_own_files takes them.
// `log_file` is absolute, or empty.
std::vector<std::string> own_files(const ApplyingOptions& options, const std::string& log_file,
                                   const KeptState& state);

// How the console speaks: no more than warnings where standard output is for the report.
LogSettings log_settings(const ApplyingOptions& options, const ConsoleOptions& console,
                         const std::string& log_file);

// Null where no report is wanted. `subject` needs no more than command, folders and signature.
Result<std::unique_ptr<ReportFile>> open_report(const ApplyingOptions& options,
                                                ReportSubject subject);

// The end of a plan's report, without what became of its actions.
ReportEnd report_end(const StoredPlan& plan, ExitCode code);

// Ends a report's group; where it could not be written, says so, and makes more of a code that says
// that all is well. A report of null: nothing is done. The answer: the exit code.
ExitCode end_report(ReportFile* report, Log& log, const ReportEnd& end);
// Likewise a group that was not begun, of a plan of which nothing was tried.
ExitCode end_untried(ReportFile* report, Log& log, const StoredPlan& plan, ReportEnd end);

}  // namespace foldersync
