#include "cli/cycle.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "apply/recovery/lock.h"
#include "core/text.h"
#include "plan/guard.h"
#include "show/render.h"

namespace foldersync {
namespace {

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

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

// Whether a signal kept some of the plan from being done, or the old from being removed.
bool was_stopped(const CycleObserver& observer, const ApplyResult& applied) {
  return applied.stopped &&
         (observer.count(Outcome::kSkipped) > 0 || applied.rolled_back || applied.staging_left);
}

ExitCode code_of(const CycleRequest& request, const CycleObserver& observer,
                 const ApplyResult& applied) {
  if (was_stopped(observer, applied)) {
    return request.signals.stop_signal() == SIGINT ? ExitCode::kInterrupted : ExitCode::kTerminated;
  }
  const bool failed = observer.count(Outcome::kError) > 0;
  if (applied.rolled_back && failed) return ExitCode::kFailed;
  if (observer.count(Outcome::kStale) > 0) return ExitCode::kStale;
  // Where attributes are compared, the next plan would find what was refused.
  const bool refused = request.plan.options.xattrs && applied.xattrs_refused;
  const bool partial = failed || refused || observer.count(Outcome::kSkipped) > 0 ||
                       !request.plan.complete() || applied.staging_left || request.conflicts;
  return partial ? ExitCode::kPartial : ExitCode::kDone;
}

// The last line of a cycle.
std::string summary_of(const CycleRequest& request, const CycleObserver& observer,
                       const ApplyResult& applied) {
  Summary done = observer.done();
  done.unchanged = request.plan.summary.unchanged;
  const char* begin = "done: ";
  if (was_stopped(observer, applied)) begin = "stopped: ";
  if (applied.refused) begin = "nothing changed, because some of the plan is stale: ";
  if (applied.rolled_back) begin = "nothing changed, because all or nothing was asked for: ";
  if (request.session.settings().dry_run) begin = "dry run, nothing changed: ";
  return begin + summary_line(done) + count_text("already", observer.count(Outcome::kAlready)) +
         count_text("stale", observer.count(Outcome::kStale)) +
         count_text("skipped", observer.count(Outcome::kSkipped)) +
         count_text("rolled back", observer.count(Outcome::kRolledBack)) +
         count_text("problems", request.plan.problems.size() + observer.count(Outcome::kError)) +
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
  for (const Skipped& skipped : plan.skipped) {
    log.detail("left alone " + escaped(skipped.path.shown()) + " (" + escaped(skipped.reason) +
               ")");
  }
}

// Is told what recovery has to say.
class Warner final : public ApplyObserver {
 public:
  explicit Warner(Log& log) : log_(log) {}
  void report(const ActionReport&) override {}
  void warn(const std::string& sentence) override { log_.warn(sentence); }

 private:
  Log& log_;
};

// What was to be taken over and could not be was copied.
std::string line_of(const ActionReport& report) {
  if (!takes_file_over(*report.action) || report.bytes == 0) return action_line(*report.action);
  Action copied = *report.action;
  copied.other.reset();
  return action_line(copied);
}

}  // namespace

Verbosity console_verbosity(const Settings& settings) {
  return settings.report_file == "-" ? Verbosity::kQuiet : settings.verbosity;
}

bool wants_progress(const Settings& settings) {
  if (settings.progress != When::kAuto) return settings.progress == When::kAlways;
  return settings.verbosity != Verbosity::kQuiet && is_terminal(STDERR_FILENO);
}

bool wants_colour(const Settings& settings) {
  if (settings.colour != When::kAuto) return settings.colour == When::kAlways;
  const char* no_colour = std::getenv("NO_COLOR");
  return (no_colour == nullptr || *no_colour == '\0') && is_terminal(STDOUT_FILENO);
}

void CycleObserver::report(const ActionReport& report) {
  ++outcomes_[static_cast<std::size_t>(report.outcome)];
  ++counts_.actions;
  const std::string line = line_of(report);
  if (report_ != nullptr) report_->action(report);
  switch (report.outcome) {
    case Outcome::kOk:
      foldersync::count(*report.action, done_);
      done_.bytes_to_write += report.bytes;
      log_.info((dry_run_ ? "would " : "") + line +
                (report.grown ? " (it grew meanwhile: the rest comes with the next run)" : ""));
      return;
    case Outcome::kAlready:
      log_.detail("already " + line);
      return;
    case Outcome::kStale: {
      std::string text = line;
      for (const Drift& drift : report.drifts) text += "; " + drift_text(drift);
      log_.warn("stale " + text);
      if (first_stale_.size() < kStaleShown) first_stale_.push_back(std::move(text));
      return;
    }
    case Outcome::kError:
      log_.error(line + ": " + (report.error ? describe(*report.error) : std::string()));
      return;
    case Outcome::kSkipped:
      log_.detail("skipped " + line);
      return;
    case Outcome::kRolledBack:
      log_.detail("rolled back " + line);
      return;
  }
}

Status take_lock(Session& session, Signals& signals, Log& log, Root& replica) {
  const double until = monotonic_seconds() + session.settings().lock_wait_seconds;
  for (;;) {
    const auto locked = lock_replica(session.fs(), replica, session.state_folder());
    if (locked) {
      if (*locked == LockKind::kStandIn && session.is_first_stand_in()) {
        log.warn(
            "the replica's file system knows no locks: a file in the state folder is locked in its "
            "place, which keeps out only runs on this machine with the same state folder");
      }
      return success();
    }
    if (locked.error().code != ErrorCode::kLocked) return locked.error();
    const double left = until - monotonic_seconds();
    if (left <= 0 || signals.stop()) return locked_out(session.fs(), replica);
    signals.wait(std::min(left, 0.1));
  }
}

Result<Recovered> recover_and_log(Session& session, Log& log, const Root& replica, Recovery wanted,
                                  bool keep_partial) {
  using What = Recovered::What;
  Warner warner(log);
  const Policy policy = session.policy(session.known_limits(replica));
  auto recovered = recover({session.fs(), replica, policy, warner, wanted,
                            session.settings().drop_conflicts, keep_partial});
  if (!recovered) return recovered;
  if (recovered->what == What::kCleared) {
    log.warn("an earlier run was stopped in the middle: what it had staged is removed");
  }
  if (recovered->what == What::kFinished) {
    log.warn(
        "an earlier run was killed while it changed the replica: what it had begun is finished");
  }
  if (recovered->what == What::kRolledBack) {
    log.warn(
        "an earlier run was killed while it changed the replica: what it had begun is taken back");
  }
  if (recovered->overtaken > 0) {
    log.warn(human_count(recovered->overtaken) +
             " of its changes were left as they are: others have changed these paths since");
  }
  if (recovered->conflicts) {
    log.warn(
        "the replica's '.sync-txn/conflict' keeps what others wrote in the middle of an earlier "
        "run: save what is needed of it, then remove it with 'sync recover --drop-conflicts'");
  }
  return recovered;
}

Result<bool> finish_killed_run(Session& session, Signals& signals, Log& log, Root& replica) {
  if (Status locked = take_lock(session, signals, log, replica); !locked)
    return std::move(locked).error();
  const auto recovered = TRY(recover_and_log(session, log, replica, Recovery::kFinish, true));
  return recovered.conflicts;
}

void log_warnings(Session& session, Log& log) {
  for (const std::string& warning : session.take_warnings()) log.warn(warning);
}

ReportSubject report_subject(const Settings& settings, std::string source, std::string replica) {
  return {settings.command == Command::kRun ? "run" : "apply",
          std::move(source),
          std::move(replica),
          settings.atomic,
          settings.durable,
          settings.dry_run,
          settings.refuse_stale,
          {}};
}

ExitCode end_report(ReportFile* report, Log& log, const ReportEnd& end) {
  if (report == nullptr) return end.exit_code;
  report->end(end);
  if (!report->failure()) return end.exit_code;
  log.warn("the report is not complete: " + describe(*report->failure()));
  log.flush();
  return end.exit_code == ExitCode::kDone ? ExitCode::kPartial : end.exit_code;
}

namespace {

ReportEnd report_end(const CycleRequest& request, const CycleObserver& observer, ExitCode code) {
  ReportEnd end;
  end.outcomes = observer.outcomes();
  end.bytes = observer.done().bytes_to_write;
  end.problems = request.plan.problems.size();
  end.complete = request.plan.complete();
  end.exit_code = code;
  return end;
}

// The whole operation failed; what was not reported by then was not tried.
ExitCode fail(const CycleRequest& request, const CycleObserver& observer, Error error,
              ExitCode code) {
  request.log.error(describe(error));
  ReportEnd end = report_end(request, observer, code);
  if (request.report != nullptr) {
    end.outcomes[static_cast<std::size_t>(Outcome::kSkipped)] += request.report->skip_all();
  }
  end.error = std::move(error);
  return end_report(request.report, request.log, end);
}

Result<ApplyResult> apply(const CycleRequest& request, const Filter& filter,
                          CycleObserver& observer, ProgressCounts& counts) {
  Session& session = request.session;
  const Settings& settings = session.settings();
  const StoredPlan& plan = request.plan;
  // What this replica's file system can hold, and not what the plan was made for.
  Policy policy = session.policy(session.known_limits(*request.roots.replica));
  policy.checksum = plan.options.checksum;
  policy.mirrors_owners = plan.options.owners;
  ApplyRequest order{session.fs(),
                     request.roots.source,
                     *request.roots.replica,
                     plan,
                     policy,
                     filter,
                     observer,
                     session.threads(),
                     request.follow_source,
                     settings.dry_run,
                     settings.atomic,
                     settings.durable,
                     settings.check_space,
                     &request.signals.stop(),
                     &counts.bytes,
                     session.backup_order()};
  order.refuse_stale = settings.refuse_stale;
  std::optional<Pace> pace;
  if (settings.bytes_per_second > 0) order.pace = &pace.emplace(settings.bytes_per_second);
  const Progress progress(counts, wants_progress(settings));
  return apply_plan(order);
}

// What is kept for later runs, and of this one.
void keep(const CycleRequest& request, const ApplyResult& applied) {
  Session& session = request.session;
  const bool is_done = !session.settings().dry_run && !applied.rolled_back && !applied.refused;
  if (request.source_mounts != nullptr && is_done) {
    session.remember_run(request.roots, *request.source_mounts, request.source_entries);
  }
  session.save_state(*request.roots.replica, applied.limits);
  log_warnings(session, request.log);
  if (applied.backup.empty()) return;
  request.log.info("what was replaced or deleted is kept; 'sync apply " +
                   escaped(applied.backup + "/" + kUndoFile) + "' takes it all back");
  if (const std::string warning = session.prune_backups(*request.roots.replica); !warning.empty()) {
    request.log.warn(warning);
  }
}

}  // namespace

ExitCode apply_and_log(const CycleRequest& request) {
  const Settings& settings = request.session.settings();
  Log& log = request.log;
  const StoredPlan& plan = request.plan;
  if (request.report != nullptr) request.report->begin(&plan);
  log_findings(plan, log);
  ProgressCounts counts;
  counts.total_actions = plan.actions.size();
  counts.total_bytes = plan.summary.bytes_to_write;
  CycleObserver observer(log, counts, settings.dry_run, request.report);
  auto filter = Filter::of(plan.options, plan.created);
  if (!filter) return fail(request, observer, filter.error(), ExitCode::kBadPlan);
  if (settings.atomic && !plan.complete() && !settings.allow_incomplete) {
    return fail(request, observer,
                Error{ErrorCode::kRefused,
                      "apply",
                      {},
                      0,
                      "refused: something could not be read, and all or nothing was asked for; "
                      "--allow-incomplete does what can be done"},
                ExitCode::kRefused);
  }
  const auto applied = apply(request, *filter, observer, counts);
  if (!applied) return fail(request, observer, applied.error(), exit_code_of(applied.error()));
  keep(request, *applied);
  log_stale(observer, *applied, log);
  ExitCode code = code_of(request, observer, *applied);
  log.write(code == ExitCode::kDone ? Level::kInfo : Level::kWarning,
            summary_of(request, observer, *applied));
  log.flush();
  if (log.console_failed() && code == ExitCode::kDone) code = ExitCode::kPartial;
  ReportEnd end = report_end(request, observer, code);
  if (!applied->backup.empty()) end.undo = applied->backup + "/" + kUndoFile;
  return end_report(request.report, log, end);
}

}  // namespace foldersync
