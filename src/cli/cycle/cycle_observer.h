// What people are told of a plan and its actions, a line each, and what of it is counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "apply/look/report.h"
#include "cli/console/closing.h"
#include "cli/console/log.h"
#include "cli/console/report_file.h"
#include "cli/console/terminal.h"

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
  // As it was logged, of an action; empty: none failed.
  [[nodiscard]] const std::string& first_error() const { return first_error_; }
  // Whether some of it failed since there was no room.
  [[nodiscard]] bool lacked_room() const { return lacked_room_; }

  // What was stale, once more in the end, where a person looks. `refused`: nothing was done then.
  [[nodiscard]] std::vector<std::string> stale_lines(bool refused) const;
  // Why actions were not done.
  [[nodiscard]] const Causes& causes() const { return causes_; }

 private:
  void tell_error(const ActionReport& report, const std::string& line, const std::string& fields);

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
  std::string first_error_;
  Causes causes_;
  Summary done_;
};

// What could not be read, and which deletions wait for that.
void add_causes(const PlanHeader& plan, Causes& causes);
// Each of what could not be read.
void log_problems(const PlanHeader& plan, Log& log);
// What the plan found and will not do, likewise.
void log_findings(const PlanHeader& plan, Log& log);

}  // namespace foldersync
