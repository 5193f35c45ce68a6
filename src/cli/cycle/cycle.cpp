#include "cli/cycle/cycle.h"

#include <sys/stat.h>

#include <optional>
#include <utility>

#include "apply/backup/backup.h"
#include "cli/console/console.h"
#include "cli/cycle/backups.h"
#include "cli/cycle/cycle_end.h"
#include "cli/cycle/cycle_observer.h"
#include "cli/kept/kept_backups.h"
#include "cli/planning/bandwidth.h"
#include "cli/planning/plan_maker.h"
#include "cli/values/folders.h"
#include "core/program_name.h"
#include "core/text.h"
#include "fs/denial.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

constexpr const char* kAnotherTry =
    "there was no room for all, whatever the file system says (a quota?): another plan is made, "
    "whose deletions go first unless that is forbidden, and whose files are replaced a few at a "
    "time";

ExitCode fail(const CycleRequest& request, const CycleObserver& observer, const Error& error,
              ExitCode code) {
  Log& log = request.tools.log;
  const bool is_stopped = error.code == ErrorCode::kStopped;
  if (is_stopped && Signals::is_time_up()) log.warn(kTimeIsUp);
  log.close({.level = is_stopped ? Level::kWarning : Level::kError,
             .summary = describe(error),
             .failed = failed_text(code),
             .causes = observer.causes().sorted()});
  ReportEnd end = end_of_failed(request, observer, code);
  end.error = error;
  return end_report(request.tools, request.report, end);
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
  const auto pace = pace_of(options.bandwidth);
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
       .under_way = &counts.file,
       .prepared = &counts.prepared,
       .backup =
           options.dry_run ? std::nullopt : backup_order(options.backup, request.backup_identity),
       .earlier_backup = request.first_plan ? request.first_plan->backup : nullptr,
       .windows = windows_for(request),
       .refuse_stale = request.refuse_stale,
       .pace = pace.get()});
}

std::string undo_of(const ApplyResult& applied) { return applied.backup->path() + "/" + kUndoFile; }

void tell_undo(const std::string& undo, Closing& closing) {
  closing.notes.push_back("what was replaced or deleted is kept; " +
                          our_command("apply " + escaped(undo)) + " takes it all back");
  closing.next.push_back({"what was replaced or deleted is kept, and this takes it all back",
                          program_name() + " apply " + shell_word(undo)});
}

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

bool needs_another_plan(const CycleRequest& request, const ApplyResult& applied) {
  const bool has_fewer_names =
      applied.limits.most_names != request.plan.options.replica_limits.most_names;
  return is_first_plan(request) && !request.tools.signals.stop() &&
         (has_fewer_names || applied.links_parted || applied.times_moved);
}

// One that was not told of.
bool has_new_backup(const CycleRequest& request, const ApplyResult& applied) {
  const bool is_told =
      request.first_plan != nullptr && request.first_plan->backup == applied.backup;
  return applied.backup && !is_told;
}

// What is kept for later runs, and of this one.
void keep(const CycleRequest& request, const CycleObserver& observer, const ApplyResult& applied,
          ExitCode code) {
  const Tools& tools = request.tools;
  const bool is_done = !request.options.dry_run && !applied.rolled_back && !applied.refused;
  if (request.remember && is_done) {
    const bool did_all =
        observer.count(Outcome::kError) + observer.count(Outcome::kStale) + observer.skipped() == 0;
    request.remember(code == ExitCode::kDone, did_all);
  }
  if (request.options.dry_run) {
    tools.state.save_hashes();
  } else {
    if (applied.backup && tools.state.memory() != nullptr) {
      remember_backup_folder(*tools.state.memory(), *request.roots.replica,
                             absolute_if_named(request.options.backup.folder));
    }
    tools.state.save(*request.roots.replica, applied.limits);
  }
  tools.log_warnings();
  if (!has_new_backup(request, applied)) return;
  const std::string warning =
      prune_backups(tools.fs, request.options.backup, *request.roots.replica,
                    applied.backup->path(), tools.signals.stop());
  if (!warning.empty()) tools.log.warn(warning);
}

ExitCode end_failed(const CycleRequest& request, const CycleObserver& observer,
                    const Error& error) {
  const ExitCode code =
      error.code == ErrorCode::kStopped ? request.tools.signals.stop_code() : exit_code_of(error);
  const bool did_nothing = observer.outcomes() == OutcomeCounts{};
  if (!is_full_disk(error) || !did_nothing || !may_make_room(request))
    return fail(request, observer, error, code);
  request.tools.log.warn(describe(error));
  request.tools.log.warn(kAnotherTry);
  *request.first_plan = {.end = end_of_failed(request, observer, code), .lacked_room = true};
  return code;
}

}  // namespace

bool lacks_something(const ApplyingOptions& options, const StoredPlan& plan) {
  return options.atomic && !plan.complete() && !options.allow_incomplete;
}

ExitCode apply_and_log(const CycleRequest& request) {
  Log& log = request.tools.log;
  const StoredPlan& plan = request.plan;
  if (request.report != nullptr) request.report->begin(&plan);
  log.expect(plan.actions.size() + plan.problems.size());
  log_findings(plan, log);
  ProgressCounts& counts = request.tools.progress;
  counts.begin(plan.actions.size(), plan.summary.bytes_to_write);
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
  if (!applied) return end_failed(request, observer, applied.error());
  ExitCode code = code_of(request, observer, *applied);
  keep(request, observer, *applied, code);
  Closing closing = closing_of(request, observer, *applied, code);
  if (has_new_backup(request, *applied)) tell_undo(undo_of(*applied), closing);
  log.close(closing);
  if (code == ExitCode::kDone) code = code_of(log.console_state());
  ReportEnd end = end_of(request, observer, code);
  end.summary = std::move(closing.summary);
  if (applied->backup) end.undo = undo_of(*applied);
  const bool lacked_room = observer.lacked_room() && may_make_room(request);
  if (lacked_room || needs_another_plan(request, *applied)) {
    if (lacked_room) log.warn(kAnotherTry);
    *request.first_plan = {
        .end = std::move(end), .backup = applied->backup, .lacked_room = lacked_room};
    return code;
  }
  return end_report(request.tools, request.report, end);
}

}  // namespace foldersync
