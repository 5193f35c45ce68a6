#include "cli/cycle.h"

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include "apply/backup/backup.h"
#include "cli/backups.h"
#include "cli/console.h"
#include "cli/folders.h"
#include "cli/limits_check.h"
#include "cli/plan_maker.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/denial.h"
#include "plan/guard.h"
#include "scan/local_tree.h"
#include "show/render.h"

namespace foldersync {
namespace {

constexpr const char* kAnotherTry =
    "there was no room for all, whatever the file system says (a quota?): another plan is made, "
    "whose deletions go first unless that is forbidden, and whose files are replaced a few at a "
    "time";

// How many of the stale actions the end of a cycle names.
constexpr std::size_t kStaleShown = 10;

std::string drift_text(const Drift& drift) {
  return std::string(to_string(drift.side)) + " " + drift.difference.field + ": expected " +
         escaped(drift.difference.expected) + ", found " + escaped(drift.difference.found);
}

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f s", seconds);
  return text.data();
}

std::string count_text(const char* what, std::uint64_t count) {
  return count == 0 ? std::string() : std::string(", ") + what + " " + human_count(count);
}

// Whether a signal kept some of the plan from being done, or the old from being removed.
bool was_stopped(const CycleObserver& observer, const ApplyResult& applied) {
  return applied.stopped && (observer.skipped() > 0 || applied.rolled_back || applied.staging_left);
}

ExitCode code_of(const CycleRequest& request, const CycleObserver& observer,
                 const ApplyResult& applied) {
  if (was_stopped(observer, applied)) return request.tools.signals.stop_code();
  const bool failed = observer.count(Outcome::kError) > 0;
  if (applied.rolled_back && failed) return ExitCode::kFailed;
  if (observer.count(Outcome::kStale) > 0) return ExitCode::kStale;
  // Where attributes are compared, the next plan would find what was refused.
  const bool refused =
      request.plan.options.xattrs && (applied.xattrs_denied || request.lacks_xattrs);
  const bool partial = failed || refused || applied.metadata_lost || observer.skipped() > 0 ||
                       !request.plan.complete() || request.plan.held() > 0 ||
                       applied.staging_left || applied.left_open || applied.links_parted ||
                       request.conflicts;
  return partial ? ExitCode::kPartial : ExitCode::kDone;
}

// Of a command that did what it was to do.
ExitCode code_of(ConsoleState console) {
  switch (console) {
    case ConsoleState::kWorks:
      return ExitCode::kDone;
    case ConsoleState::kReaderLeft:
      return ExitCode::kReaderLeft;
    case ConsoleState::kFailed:
      return ExitCode::kPartial;
  }
  return ExitCode::kPartial;
}

// The last line of a cycle.
std::string summary_of(const CycleRequest& request, const CycleObserver& observer,
                       const ApplyResult& applied) {
  Summary done = observer.done();
  done.unchanged = request.plan.summary.unchanged;
  const char* begin = "done: ";
  if (was_stopped(observer, applied)) begin = "stopped, run it again to go on: ";
  if (applied.refused) begin = "nothing changed, because some of the plan is stale: ";
  if (applied.rolled_back) begin = "nothing changed, because all or nothing was asked for: ";
  if (request.options.dry_run) begin = "dry run, nothing changed: ";
  return begin + summary_line(done) + count_text("already", observer.count(Outcome::kAlready)) +
         (request.plan.options.delete_first ? ", deletions first" : "") +
         count_text("healed", observer.healed()) +
         count_text("stale", observer.count(Outcome::kStale)) +
         count_text("skipped", observer.skipped()) + count_text("vanished", observer.vanished()) +
         count_text("rolled back", observer.count(Outcome::kRolledBack)) +
         count_text("problems", request.plan.problems.size() + observer.count(Outcome::kError)) +
         content_text(request.plan.options) + request.unproven + not_mirrored_text(applied.limits) +
         ", " + seconds_text(monotonic_seconds() - request.started);
}

// Once more in the end, where a person looks.
void log_stale(const CycleObserver& observer, const ApplyResult& applied, Log& log) {
  const std::uint64_t count = observer.count(Outcome::kStale);
  if (count == 0) return;
  log.warn(human_count(count) + (count == 1 ? " action is" : " actions are") +
           " stale, for the folders are no longer as they were planned" +
           (applied.refused ? ", and --stale refuse was given" : "") +
           ": make a new plan to see what is to be done now");
  for (const std::string& line : observer.first_stale()) log.warn("  " + line);
  const std::uint64_t more = count - observer.first_stale().size();
  if (more > 0) log.warn("  and " + human_count(more) + " more");
}

// What the plan found and will not do.
void log_findings(const PlanHeader& plan, Log& log) {
  for (const Problem& problem : plan.problems) log.error(describe(problem));
  for (const Guard& guard : plan.guards) {
    if (makes_room(guard)) {
      log.info("deletions go first, to make room: " + figures(guard));
    }
  }
  for (const Skipped& skipped : plan.skipped) {
    log.detail("left alone " + escaped(skipped.path.shown()) + " (" + escaped(skipped.reason) +
               ")");
  }
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
  ++counts_.actions;
  const bool is_untouched = report.outcome == Outcome::kRolledBack ||
                            (report.outcome == Outcome::kSkipped && !report.vanished);
  if (is_untouched && stop_) {  // the count says it, and a million lines would take their time
    if (report_ != nullptr) report_->action(report);
    return;
  }
  const std::string line = line_of(report);
  if (report_ != nullptr) report_->action(report);
  switch (report.outcome) {
    case Outcome::kOk:
      foldersync::count(*report.action, done_);
      done_.bytes_to_write += report.bytes;
      if (report.action->reasons.has(Reason::kDecay)) ++healed_;
      log_.info(told_as_done(line, *report.action, execution_) +
                (report.grown ? " (it grew meanwhile: the rest comes with the next run)" : ""));
      return;
    case Outcome::kAlready:
      return log_.detail("already " + line);
    case Outcome::kStale: {
      std::string text = line;
      for (const Drift& drift : report.drifts) text += "; " + drift_text(drift);
      log_.warn("stale " + text);
      if (first_stale_.size() < kStaleShown) first_stale_.push_back(std::move(text));
      return;
    }
    case Outcome::kError:
      lacked_room_ = lacked_room_ || (report.error && is_full_disk(*report.error));
      return log_.error(line + ": " + (report.error ? describe(*report.error) : std::string()));
    case Outcome::kSkipped:
      vanished_ += report.vanished ? 1 : 0;
      return report.vanished ? log_.info("vanished in the source: " + line)
                             : log_.detail("skipped " + line);
    case Outcome::kRolledBack:
      return log_.detail("rolled back " + line);
  }
}

bool lacks_something(const ApplyingOptions& options, const StoredPlan& plan) {
  return options.atomic && !plan.complete() && !options.allow_incomplete;
}

std::vector<std::string> own_files(const ApplyingOptions& options, const std::string& log_file,
                                   const KeptState& state) {
  const bool in_file = options.report_file != "-";
  return {log_file, state.folder(), absolute_if_named(options.backup.folder),
          in_file ? absolute_if_named(options.report_file) : std::string()};
}

LogSettings log_settings(const ApplyingOptions& options, const ConsoleOptions& console,
                         const std::string& log_file) {
  return {.file = log_file,
          .verbosity = options.report_file == "-" ? Verbosity::kQuiet : console.verbosity,
          .colour = colour_of(console) == Colour::kOn};
}

Result<std::unique_ptr<ReportFile>> open_report(const ApplyingOptions& options,
                                                ReportSubject subject) {
  if (!options.report_file) return std::unique_ptr<ReportFile>();
  subject.atomic = options.atomic;
  subject.durable = options.durable;
  subject.dry_run = options.dry_run;
  const std::string& file = *options.report_file;
  return ReportFile::open(file == "-" ? file : absolute_name(file), std::move(subject));
}

ReportEnd report_end(const StoredPlan& plan, ExitCode code) {
  ReportEnd end;
  end.exit_code = code;
  end.problems = plan.problems.size();
  end.complete = plan.complete();
  return end;
}

ExitCode end_untried(ReportFile* report, Log& log, const StoredPlan& plan, ReportEnd end) {
  if (report == nullptr) return end.exit_code;
  report->begin(&plan);
  end.outcomes[static_cast<std::size_t>(Outcome::kSkipped)] = report->skip_all();
  return end_report(report, log, end);
}

ExitCode end_report(ReportFile* report, Log& log, const ReportEnd& end) {
  if (report == nullptr) return end.exit_code;
  report->end(end);
  if (!report->failure()) return end.exit_code;
  if (has_reader_left(*report->failure())) {
    return end.exit_code == ExitCode::kDone ? ExitCode::kReaderLeft : end.exit_code;
  }
  log.warn("the report is not complete: " + describe(*report->failure()));
  log.flush();
  return end.exit_code == ExitCode::kDone ? ExitCode::kPartial : end.exit_code;
}

namespace {

// What was reported, and how it ended.
ReportEnd end_of(const CycleRequest& request, const CycleObserver& observer, ExitCode code) {
  ReportEnd end = report_end(request.plan, code);
  end.outcomes = observer.outcomes();
  end.bytes = observer.done().bytes_to_write;
  return request.first_plan != nullptr ? request.first_plan->with(std::move(end)) : end;
}

// The whole operation failed; what was not reported by then was not tried.
ExitCode fail(const CycleRequest& request, const CycleObserver& observer, Error error,
              ExitCode code) {
  request.tools.log.write(is_by_signal(code) ? Level::kWarning : Level::kError, describe(error));
  ReportEnd end = end_of(request, observer, code);
  if (request.report != nullptr) {
    end.outcomes[static_cast<std::size_t>(Outcome::kSkipped)] += request.report->skip_all();
  }
  end.error = std::move(error);
  return end_report(request.report, request.tools.log, end);
}

// Where figures tell nothing, each may have no more room than what the one before displaced.
WindowLimits windows_for(const CycleRequest& request) {
  WindowLimits windows;
  if (request.first_plan == nullptr || !request.first_plan->lacked_room) return windows;
  windows.actions = 100;
  windows.bytes = std::uint64_t{64} << 10U;
  windows.alone = true;
  return windows;
}

// What is staged has its mode from the start, in a folder that nobody else gets into; all else is
// made with a mode for its owner alone.
class ExactModes {
 public:
  ExactModes() : before_(::umask(0)) {}
  ~ExactModes() { ::umask(before_); }
  ExactModes(const ExactModes&) = delete;
  ExactModes& operator=(const ExactModes&) = delete;

 private:
  mode_t before_;
};

Result<ApplyResult> apply(const CycleRequest& request, const Filter& filter,
                          CycleObserver& observer, ProgressCounts& counts) {
  const Tools& tools = request.tools;
  const ApplyingOptions& options = request.options;
  const StoredPlan& plan = request.plan;
  // What this replica's file system can hold, and not what the plan was made for. Owners, too, are
  // given by whoever may give them, whatever the plan says: else a document could make what belongs
  // to others the caller's own.
  const Policy policy = policy_for(tools.state.known_limits(*request.roots.replica), plan.options,
                                   tools.options.umask);
  const Roots& roots = request.roots;
  const LocalTree source = tree_without(roots.source, *roots.replica);
  std::optional<Pace> pace;
  if (options.bytes_per_second > 0) pace.emplace(options.bytes_per_second);
  const Progress progress(counts, tools.signals, wants_progress(tools.options.console));
  const ExactModes exact_modes;
  return apply_plan(
      {.fs = *roots.replica->fs,
       .source = roots.source,
       .source_tree = source,
       .replica = *roots.replica,
       .plan = plan,
       .policy = policy,
       .filter = filter,
       .observer = observer,
       .keys = tools.state.staging_keys(),
       .threads = thread_counts(thread_counts(tools.options), roots.source, &*roots.replica).usual,
       .follow_source = request.follow_source,
       .dry_run = options.dry_run,
       .atomic = options.atomic,
       .durable = options.durable,
       .check_space = request.check_space,
       .stop = &tools.signals.stop(),
       .copied = &counts.bytes,
       .backup =
           options.dry_run ? std::nullopt : backup_order(options.backup, request.backup_identity),
       .earlier_backup = request.first_plan ? request.first_plan->backup : nullptr,
       .windows = windows_for(request),
       .refuse_stale = request.refuse_stale,
       .pace = pace ? &*pace : nullptr});
}

std::string undo_of(const ApplyResult& applied) { return applied.backup->path() + "/" + kUndoFile; }

bool is_first_plan(const CycleRequest& request) {
  return request.first_plan != nullptr && !request.first_plan->end && !request.options.dry_run;
}

// Where the figures of the file system said that there is room: a quota, say.
bool may_make_room(const CycleRequest& request) {
  const StoredPlan& plan = request.plan;
  const bool frees = plan.summary.remove + plan.summary.update + plan.summary.replace > 0;
  return is_first_plan(request) && frees && !request.options.atomic &&
         !request.tools.signals.stop();
}

bool needs_another_plan(const CycleRequest& request, const ApplyResult& applied, ExitCode code) {
  const bool has_fewer_names =
      applied.limits.most_names != request.plan.options.replica_limits.most_names;
  return is_first_plan(request) && !is_by_signal(code) &&
         (has_fewer_names || applied.links_parted || applied.times_moved);
}

// What is kept for later runs, and of this one.
void keep(const CycleRequest& request, const ApplyResult& applied, ExitCode code) {
  const Tools& tools = request.tools;
  const bool is_done = !request.options.dry_run && !applied.rolled_back && !applied.refused;
  if (request.remember && is_done) request.remember(code == ExitCode::kDone);
  if (request.options.dry_run) {
    tools.state.save_hashes();
  } else {
    tools.state.save(*request.roots.replica, applied.limits);
  }
  log_warnings(tools);
  const bool is_told =
      request.first_plan != nullptr && request.first_plan->backup == applied.backup;
  if (!applied.backup || is_told) return;
  tools.log.info("what was replaced or deleted is kept; 'sync apply " + escaped(undo_of(applied)) +
                 "' takes it all back");
  const std::string warning =
      prune_backups(tools.fs, request.options.backup, *request.roots.replica,
                    applied.backup->path(), tools.signals.stop());
  if (!warning.empty()) tools.log.warn(warning);
}

}  // namespace

ReportEnd FirstPlan::with(ReportEnd second) const {
  if (!end) return second;
  for (std::size_t at = 0; at < second.outcomes.size(); ++at)
    second.outcomes[at] += end->outcomes[at];
  second.bytes += end->bytes;
  if (second.undo.empty()) second.undo = end->undo;
  return second;
}

ExitCode apply_and_log(const CycleRequest& request) {
  Log& log = request.tools.log;
  const StoredPlan& plan = request.plan;
  if (request.report != nullptr) request.report->begin(&plan);
  log_findings(plan, log);
  ProgressCounts counts;
  counts.total_actions = plan.actions.size();
  counts.total_bytes = plan.summary.bytes_to_write;
  CycleObserver observer(log, counts, request.options.dry_run ? Execution::kDry : Execution::kReal,
                         request.report, request.tools.signals.stop());
  auto filter = Filter::of(plan.options, plan.created);
  if (!filter) return fail(request, observer, filter.error(), ExitCode::kBadPlan);
  if (lacks_something(request.options, plan)) {
    return fail(
        request, observer,
        refused_error("apply",
                      "refused: something could not be read, and all or nothing was asked for; "
                      "--allow-incomplete does what can be done"),
        ExitCode::kRefused);
  }
  const auto applied = apply(request, *filter, observer, counts);
  if (!applied && is_full_disk(applied.error()) && may_make_room(request) &&
      observer.outcomes() == decltype(observer.outcomes()){}) {
    log.warn(describe(applied.error()));
    log.warn(kAnotherTry);
    ReportEnd end = end_of(request, observer, exit_code_of(applied.error()));
    if (request.report != nullptr) {
      end.outcomes[static_cast<std::size_t>(Outcome::kSkipped)] += request.report->skip_all();
    }
    *request.first_plan = {.end = std::move(end), .lacked_room = true};
    return exit_code_of(applied.error());
  }
  if (!applied) {
    const bool is_told = applied.error().code == ErrorCode::kStopped;
    return fail(request, observer, applied.error(),
                is_told ? request.tools.signals.stop_code() : exit_code_of(applied.error()));
  }
  ExitCode code = code_of(request, observer, *applied);
  keep(request, *applied, code);
  log_stale(observer, *applied, log);
  log.write(code == ExitCode::kDone ? Level::kInfo : Level::kWarning,
            summary_of(request, observer, *applied));
  log.flush();
  if (code == ExitCode::kDone) code = code_of(log.console_state());
  ReportEnd end = end_of(request, observer, code);
  if (applied->backup) end.undo = undo_of(*applied);
  const bool lacked_room = observer.lacked_room() && may_make_room(request);
  if (lacked_room || needs_another_plan(request, *applied, code)) {
    if (lacked_room) log.warn(kAnotherTry);
    *request.first_plan = {
        .end = std::move(end), .backup = applied->backup, .lacked_room = lacked_room};
    return code;
  }
  return end_report(request.report, log, end);
}

}  // namespace foldersync
