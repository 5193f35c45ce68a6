
#include "apply/backup/backup.h"
#include "apply/backup/backup_list.h"
#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/cycle/cycle.h"
#include "cli/cycle/cycle_end.h"
#include "cli/cycle/opening.h"
#include "cli/cycle/preparation.h"
#include "cli/history/attempts.h"
#include "cli/options/plan_file.h"
#include "cli/planning/last_run_check.h"
#include "cli/planning/limits_check.h"
#include "cli/planning/plan_claims.h"
#include "cli/planning/plan_maker.h"
#include "cli/planning/signing.h"
#include "cli/planning/undo_only.h"
#include "cli/values/folders.h"
#include "fs/clock.h"
#include "fs/posix_file_system.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

class Applier {
 public:
  Applier(const ApplyOptions& options, Signals& signals, Attempts& attempts)
      : options_(options),
        signals_(signals),
        attempts_(attempts),
        state_(fs_, state_folder_of(options.common.state_folder)) {}

  Result<ExitCode> run() {
    const double started = monotonic_seconds();
    if (const auto seconds = options_.applying.stop_after_seconds)
      TRY(signals_.stop_after(*seconds));
    Spooling spooling = state_.spooling();
    spooling.heed = [this] { return heed(&signals_.stop(), "read plan"); };
    ReadPlan read = TRY(read_plan_file(options_.plan_file, spooling));
    const StoredPlan& plan = read.plan;
    const std::string signer = TRY(verify_signature(plan, options_.signature, options_.plan_file));
    read.is_signed = !signer.empty();
    if (!options_.only.empty()) {
      read.plan = TRY(only_matching(read.plan, options_.only, state_.spooling()));
    }
    PlanClaims claims(fs_, options_, read);
    auto roots = TRY(claims.open_roots());
    TRY(open_log(roots));
    attempts_.know_pair(roots.source.path, roots.replica_path);
    report_ = TRY(open_report(options_.applying, {.command = "apply",
                                                  .source = roots.source.path,
                                                  .replica = roots.replica_path,
                                                  .refuse_stale = options_.refuse_stale,
                                                  .signed_by = signer}));
    if (!signer.empty()) log_->detail("the plan is signed by the key " + signer);
    const auto code = apply_to(roots, claims, started);
    return code ? *code : fail(code.error(), plan);
  }

 private:
  // Everything is open.
  Result<ExitCode> apply_to(Roots& roots, const PlanClaims& claims, double started) {
    const StoredPlan& plan = claims.plan();
    TRY(claims.check());
    TRY(check_required(roots.source, plan.options.require));
    const Tools tools = this->tools();
    state_.open();
    tell_what_root_leaves_out(state_);
    tools.log_warnings();
    PlanningOptions planned_with;
    planned_with.plan.delete_anyway = plan.options.delete_anyway;
    LastRunCheck last_run(state_, planned_with, signals_.stop());
    Preparation preparation(tools, options_.applying, last_run);
    TRY(check_replica(tools, roots, plan, last_run));
    const Fd note = note_of_undo(plan, roots);
    if (options_.applying.dry_run) {
      tools.confine({});
    } else {
      TRY(preparation.make_places(roots, plan.options));
      TRY(preparation.bring_to_rest(*roots.replica));
      (void)ask_limits_again(tools, *roots.replica, {.has_actions = !plan.actions.empty()});
    }
    const bool is_mirror = plan.kind == PlanKind::kMirror;
    const ExitCode code = apply_and_log({.tools = tools,
                                         .options = options_.applying,
                                         .roots = roots,
                                         .plan = plan,
                                         .report = report_.get(),
                                         .check_space = options_.check_space,
                                         .refuse_stale = options_.refuse_stale,
                                         .conflicts = preparation.has_conflicts(),
                                         .started = started,
                                         .backup_identity = preparation.backup_identity(),
                                         .remember = [&](bool, bool) {
                                           if (is_mirror) last_run.remember_applied(roots, plan);
                                         }});
    if (code == ExitCode::kDone && note.is_open()) {
      TRY(note_undone(fs_, note.get(), wall_clock_now()));
    }
    return code;
  }

  // What a run that is taken back as a whole had changed is of the past no more: `versions`,
  // `restore` and the next `undo` have to know. Opened while files may be made anywhere. Not open:
  // it is no such plan, or nothing can be noted.
  Fd note_of_undo(const StoredPlan& plan, const Roots& roots) {
    const std::string& source = roots.source.path;
    const std::string tree = std::string("/") + kBackupTree;
    const bool is_whole = plan.kind == PlanKind::kUndo && options_.only.empty();
    if (!is_whole || options_.applying.dry_run || !roots.replica || !source.ends_with(tree)) {
      return {};
    }
    const Root& replica = *roots.replica;
    auto note = open_undone_note(fs_, source.substr(0, source.size() - tree.size()),
                                 {replica.path, replica.identity, {}});
    if (note) return std::move(*note);
    log_->warn("that this run is taken back can't be noted with its backup: " +
               describe(note.error()));
    return {};
  }

  // Nothing was touched.
  ExitCode fail(const Error& error, const StoredPlan& plan) {
    const bool is_time_up = error.code == ErrorCode::kStopped && Signals::is_time_up();
    if (is_time_up) log_->warn(kTimeIsUp);
    const ExitCode code = foldersync::fail(error);
    ReportEnd end = report_end(plan, is_time_up ? Signals::stop_code() : code);
    end.error = error;
    return end_untried(tools(), report_.get(), plan, end);
  }

  Tools tools() {
    return {.fs = fs_,
            .state = state_,
            .signals = signals_,
            .log = *log_,
            .options = options_.common,
            .outcome = attempts_.outcome(),
            .progress = progress_};
  }

  Status open_log(const Roots& roots) {
    const ApplyingOptions& applying = options_.applying;
    const std::string file = named_log(applying);
    TRY(place_own_files(fs_, roots, own_files(applying, file, state_)));
    log_ = TRY(Log::open(log_settings(applying, options_.common.console, file)));
    attempts_.warn_to(*log_);
    return success();
  }

  // It is the one that is known, or the plan makes it.
  Status check_replica(const Tools& tools, const Roots& roots, const StoredPlan& plan,
                       LastRunCheck& last_run) const {
    if (!roots.replica && options_.applying.dry_run)
      return refused_error("apply", "the replica does not exist yet: there is nothing to check");
    if (!roots.replica && !TRY(begins_with_root(plan.actions))) {
      return refused_error("apply",
                           "the replica does not exist, and the plan expects one: make a new plan");
    }
    TRY(last_run.meet_replica(roots));
    tools.log_warnings();
    return success();
  }

  const ApplyOptions& options_;
  Signals& signals_;
  Attempts& attempts_;
  ProgressCounts progress_;
  FileSystem& fs_ = posix_file_system();
  KeptState state_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<ReportFile> report_;
};

}  // namespace

Result<ExitCode> execute(const ApplyOptions& options, Hooks& hooks) {
  Signals signals(HangUp::kStops);
  // Of which folders it is, is known when they are open and judged.
  Attempts attempts(
      posix_file_system(),
      {.command = "apply", .hooks = hooks, .common = options.common, .applying = options.applying});
  return attempts.once(signals, [&] { return Applier(options, signals, attempts).run(); });
}

}  // namespace foldersync
