#include "cli/cycle/cycle_observer.h"

#include <utility>

#include "cli/console/console.h"
#include "cli/console/log_json.h"
#include "core/text.h"
#include "fs/denial.h"
#include "plan/guard.h"
#include "show/advice.h"
#include "show/render.h"

namespace foldersync {
namespace {

// How many of the stale actions the end of a cycle names.
constexpr std::size_t kStaleShown = 10;

constexpr const char* kHeldBack =
    "not deleted: it may be all that is left of what can't be read (--delete-anyway does not wait)";

// Why an action was not done, whatever its path; empty where that is no trouble of its own.
std::string cause_of(const ActionReport& report) {
  if (report.outcome == Outcome::kStale) {
    if (report.drifts.empty()) return "stale";
    const Drift& drift = report.drifts.front();
    return "stale: another " + drift.difference.field + " in the " + to_string(drift.side) +
           " than planned";
  }
  if (report.error) {
    Error error = *report.error;
    error.path.clear();
    return describe(error);
  }
  const bool is_skipped = report.outcome == Outcome::kSkipped && !report.vanished;
  return is_skipped ? "skipped, since an earlier action failed" : "";
}

std::string drift_text(const Drift& drift) {
  return std::string(to_string(drift.side)) + " " + drift.difference.field + ": expected " +
         escaped(drift.difference.expected) + ", found " + escaped(drift.difference.found);
}

// What was to be taken over and could not be was copied.
std::string line_of(const ActionReport& report) {
  if (!takes_file_over(*report.action) || report.bytes == 0) return action_line(*report.action);
  Action copied = *report.action;
  copied.other.reset();
  return action_line(copied);
}

// A dry run has done nothing, and that something was healed is news, even where nobody asked.
std::string told_as_done(const std::string& line, const Action& action, Execution execution) {
  if (execution == Execution::kDry) return "would " + line;
  if (!action.reasons.has(Reason::kDecay)) return line;
  return "healed" + line.substr(line.find(' ')) + ": the replica's content had gone bad by itself";
}

}  // namespace

void CycleObserver::report(const ActionReport& report) {
  ++outcomes_[static_cast<std::size_t>(report.outcome)];
  counts_.settle(report.outcome == Outcome::kOk ? 0 : bytes_to_write(*report.action));
  const bool is_untouched = report.outcome == Outcome::kRolledBack ||
                            (report.outcome == Outcome::kSkipped && !report.vanished);
  if (is_untouched && stop_) {  // the count says it, and a million lines would take their time
    if (report_ != nullptr) report_->action(report);
    return;
  }
  const std::string cause = cause_of(report);
  if (!cause.empty()) causes_.add(cause, escaped(report.action->path.shown()));
  const std::string line = line_of(report);
  const std::string fields = log_fields(report);
  if (report_ != nullptr) report_->action(report);
  switch (report.outcome) {
    case Outcome::kOk:
      foldersync::count(*report.action, done_);
      done_.bytes_to_write += report.bytes;
      if (report.action->reasons.has(Reason::kDecay)) ++healed_;
      log_.write(Level::kInfo,
                 told_as_done(line, *report.action, execution_) +
                     (report.grown ? " (it grew meanwhile: the rest comes with the next run)" : ""),
                 fields);
      return;
    case Outcome::kAlready:
      return log_.detail("already " + line, fields);
    case Outcome::kStale: {
      std::string text = line;
      for (const Drift& drift : report.drifts) text += "; " + drift_text(drift);
      log_.write(Level::kWarning, "stale " + text, fields);
      if (first_stale_.size() < kStaleShown) first_stale_.push_back(std::move(text));
      return;
    }
    case Outcome::kError:
      lacked_room_ = lacked_room_ || (report.error && is_full_disk(*report.error));
      return tell_error(report, line, fields);
    case Outcome::kSkipped:
      vanished_ += report.vanished ? 1 : 0;
      return report.vanished ? log_.write(Level::kInfo, "vanished in the source: " + line, fields)
                             : log_.detail("skipped " + line, fields);
    case Outcome::kRolledBack:
      return log_.detail("rolled back " + line, fields);
  }
}

// The line has a size, and it is the same error of another size.
void CycleObserver::tell_error(const ActionReport& report, const std::string& line,
                               const std::string& fields) {
  const Action& action = *report.action;
  const std::string error = report.error ? describe(*report.error) : std::string();
  if (first_error_.empty()) first_error_ = line + ": " + error;
  log_.problem(std::string(to_string(action.op)) + " " + action.path.bytes() + ": " + error,
               line + ": " + error, fields);
}

std::vector<std::string> CycleObserver::stale_lines(bool refused) const {
  const std::uint64_t stale = count(Outcome::kStale);
  if (stale == 0) return {};
  std::vector<std::string> lines{human_count(stale) + (stale == 1 ? " action is" : " actions are") +
                                 " stale, for the folders are no longer as they were planned" +
                                 (refused ? ", and --stale refuse was given" : "") +
                                 ": make a new plan to see what is to be done now"};
  for (const std::string& line : first_stale_) lines.push_back("  " + line);
  const std::uint64_t more = stale - first_stale_.size();
  if (more > 0) lines.push_back("  and " + human_count(more) + " more");
  return lines;
}

void add_causes(const PlanHeader& plan, Causes& causes) {
  for (const Problem& problem : plan.problems) {
    causes.add(problem.doing + " in the " + to_string(problem.side) + ": " +
                   reason_of(problem.doing, problem.error_number),
               escaped(problem.path.shown()));
  }
  for (const Skipped& skipped : plan.skipped) {
    if (skipped.reason == kHeld) causes.add(kHeldBack, escaped(skipped.path.shown()));
  }
}

void log_problems(const PlanHeader& plan, Log& log) {
  for (const Problem& problem : plan.problems) {
    const std::string line = describe(problem);
    log.problem(line, line, log_fields(problem));
  }
}

void log_findings(const PlanHeader& plan, Log& log) {
  log_problems(plan, log);
  for (const Guard& guard : plan.guards) {
    if (makes_room(guard)) log.info("deletions go first, to make room: " + figures(guard));
  }
  for (const Skipped& skipped : plan.skipped) {
    log.detail("left alone " + escaped(skipped.path.shown()) + " (" + escaped(skipped.reason) +
               ")");
  }
}

}  // namespace foldersync
