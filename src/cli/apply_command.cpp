#include <utility>

#include "cli/at_rest.h"
#include "cli/backups.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/cycle.h"
#include "cli/folders.h"
#include "cli/last_run_check.h"
#include "cli/limits_check.h"
#include "cli/plan_claims.h"
#include "cli/plan_file.h"
#include "cli/plan_maker.h"
#include "cli/signing.h"
#include "cli/ways.h"
#include "fs/clock.h"
#include "fs/posix_file_system.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

class Applier {
 public:
  Applier(const ApplyOptions& options, Signals& signals)
      : options_(options),
        signals_(signals),
        state_(fs_, state_folder_of(options.common.state_folder)) {}

  Result<ExitCode> run() {
    const double started = monotonic_seconds();
    Spooling spooling = state_.spooling();
    spooling.heed = [this] { return heed(&signals_.stop(), "read plan"); };
    ReadPlan read = TRY(read_plan_file(options_.plan_file, spooling));
    const StoredPlan& plan = read.plan;
    const std::string signer = TRY(verify_signature(plan, options_.signature, options_.plan_file));
    read.is_signed = !signer.empty();
    PlanClaims claims(fs_, options_, read);
    auto roots = TRY(claims.open_roots());
    TRY(open_log(roots));
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
    const Tools tools{
        .fs = fs_, .state = state_, .signals = signals_, .log = *log_, .options = options_.common};
    state_.open();
    tell_what_root_leaves_out(state_);
    log_warnings(tools);
    const bool conflicts = TRY(make_ready(tools, roots, plan));
    if (!options_.applying.dry_run) {
      (void)ask_limits_again(tools, *roots.replica, {.has_actions = !plan.actions.empty()});
    }
    PlanningOptions planned_with;
    planned_with.plan.delete_anyway = plan.options.delete_anyway;
    LastRunCheck last_run(state_, planned_with, signals_.stop());
    const bool is_mirror = plan.kind == PlanKind::kMirror;
    return apply_and_log({.tools = tools,
                          .options = options_.applying,
                          .roots = roots,
                          .plan = plan,
                          .report = report_.get(),
                          .check_space = options_.check_space,
                          .refuse_stale = options_.refuse_stale,
                          .conflicts = conflicts,
                          .started = started,
                          .backup_identity = backup_identity_,
                          .remember = [&](bool) {
                            if (is_mirror) last_run.remember_applied(roots, plan);
                          }});
  }

  // Nothing was touched.
  ExitCode fail(const Error& error, const StoredPlan& plan) {
    ReportEnd end = report_end(plan, foldersync::fail(error));
    end.error = error;
    return end_untried(report_.get(), *log_, plan, end);
  }

  Status open_log(const Roots& roots) {
    const ApplyingOptions& applying = options_.applying;
    const std::string file = absolute_if_named(applying.log_file);
    TRY(place_own_files(fs_, roots, own_files(applying, file, state_)));
    log_ = TRY(Log::open(log_settings(applying, options_.common.console, file)));
    return success();
  }

  // The answer: whether an earlier run kept what others wrote.
  Result<bool> make_ready(const Tools& tools, Roots& roots, const StoredPlan& plan) {
    const ActionStore& actions = plan.actions;
    const bool is_dry = options_.applying.dry_run;
    if (!is_dry) {
      TRY(make_backup_folder(fs_, options_.applying.backup));
      backup_identity_ =
          TRY(meet_backup_folder(fs_, state_, options_.applying.backup, OtherFolder::kIsRefused));
    }
    if (!roots.replica && !is_dry) {
      if (!TRY(begins_with_root(actions))) {
        return refused_error(
            "apply", "the replica does not exist, and the plan expects one: make a new plan");
      }
      TRY(create_replica(fs_, roots,
                         new_replica(roots.source, plan.options, options_.common.umask)));
    }
    if (!roots.replica)
      return refused_error("apply", "the replica does not exist yet: there is nothing to check");
    TRY(meet_replica(state_, *roots.replica, {}, OtherFolder::kIsRefused));
    log_warnings(tools);
    if (is_dry) {
      tools.confine({});
      return false;
    }
    AtRest at_rest(tools, options_.applying.lock_wait_seconds);
    TRY(at_rest.lock(*roots.replica));
    tools.confine({.replica = &*roots.replica,
                   .backup_folder = absolute_if_named(options_.applying.backup.folder),
                   .outputs = unfinished_backups(*roots.replica, state_.staging_keys())});
    return at_rest.prepare(*roots.replica);
  }

  const ApplyOptions& options_;
  Signals& signals_;
  FileSystem& fs_ = posix_file_system();
  KeptState state_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<ReportFile> report_;
  std::string backup_identity_;
};

}  // namespace

Result<ExitCode> execute(const ApplyOptions& options) {
  Signals signals(HangUp::kStops);
  return Applier(options, signals).run();
}

}  // namespace foldersync
