#include "cli/cycle.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "apply/lock.h"
#include "core/text.h"
#include "plan/guard.h"
#include "plan/render.h"

namespace foldersync {
namespace {

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
  if (applied.rolled_back) begin = "nothing changed, because all or nothing was asked for: ";
  if (request.session.settings().dry_run) begin = "dry run, nothing changed: ";
  return begin + summary_line(done) + count_text("already", observer.count(Outcome::kAlready)) +
         count_text("stale", observer.count(Outcome::kStale)) +
         count_text("skipped", observer.count(Outcome::kSkipped)) +
         count_text("rolled back", observer.count(Outcome::kRolledBack)) +
         count_text("problems", request.plan.problems.size() + observer.count(Outcome::kError)) +
         ", " + seconds_text(monotonic_seconds() - request.started);
}

// What the plan found and will not do.
void log_findings(const PlanHeader& plan, Log& log) {
  for (const Problem& problem : plan.problems) log.error(describe(problem));
  for (const Skipped& skipped : plan.skipped) {
    log.detail("left alone " + escaped(skipped.path.shown()) + " (" + skipped.reason + ")");
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

}  // namespace

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
  const std::string line = action_line(*report.action);
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
      std::string text = "stale " + line;
      for (const Drift& drift : report.drifts) text += "; " + drift_text(drift);
      log_.warn(text);
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

Result<bool> take_over(Session& session, Signals& signals, Log& log, Root& replica) {
  if (Status locked = take_lock(session, signals, log, replica); !locked)
    return std::move(locked).error();
  const auto recovered = recover_and_log(session, log, replica, Recovery::kFinish, true);
  if (!recovered) return recovered.error();
  return recovered->conflicts;
}

ExitCode apply_and_log(const CycleRequest& request) {
  Session& session = request.session;
  Log& log = request.log;
  const StoredPlan& plan = request.plan;
  const bool dry_run = session.settings().dry_run;
  log_findings(plan, log);
  auto filter = Filter::compile(plan.options.rules);
  if (!filter) {
    log.error(describe(filter.error()));
    return ExitCode::kBadPlan;
  }
  ProgressCounts counts;
  counts.total_actions = plan.actions.size();
  counts.total_bytes = plan.summary.bytes_to_write;
  CycleObserver observer(log, counts, dry_run);
  if (session.settings().atomic && !plan.complete() && !session.settings().allow_incomplete) {
    log.error(
        "refused: something could not be read, and all or nothing was asked for; "
        "--allow-incomplete does what can be done");
    return ExitCode::kRefused;
  }
  // What this replica's file system can hold, and not what the plan was made for.
  Policy policy = session.policy(session.known_limits(*request.roots.replica));
  policy.checksum = plan.options.checksum;
  policy.mirrors_owners = plan.options.owners;
  const auto applied = [&] {
    const Progress progress(counts, wants_progress(session.settings()));
    return apply_plan({session.fs(), request.roots.source, *request.roots.replica, plan, policy,
                       *filter, observer, session.threads(), request.follow_source, dry_run,
                       session.settings().atomic, session.settings().durable,
                       session.settings().check_space, &request.signals.stop(), &counts.bytes,
                       session.backup_order()});
  }();
  if (!applied) {
    log.error(describe(applied.error()));
    return exit_code_of(applied.error());
  }
  if (request.source_mounts != nullptr && !dry_run && !applied->rolled_back) {
    session.remember_run(request.roots, *request.source_mounts, request.source_entries);
  }
  session.save_state(*request.roots.replica, applied->limits);
  if (!applied->backup.empty()) {
    log.info("what was replaced or deleted is kept; 'sync apply " +
             escaped(applied->backup + "/" + kUndoFile) + "' takes it all back");
    if (const std::string warning = session.prune_backups(); !warning.empty()) log.warn(warning);
  }
  const ExitCode code = code_of(request, observer, *applied);
  log.write(code == ExitCode::kDone ? Level::kInfo : Level::kWarning,
            summary_of(request, observer, *applied));
  log.flush();
  return log.console_failed() && code == ExitCode::kDone ? ExitCode::kPartial : code;
}

}  // namespace foldersync
