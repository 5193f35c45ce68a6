#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/console/terminal.h"
#include "cli/cycle/cycle.h"
#include "cli/cycle/cycle_end.h"
#include "cli/cycle/cycle_observer.h"
#include "cli/cycle/opening.h"
#include "cli/cycle/preparation.h"
#include "cli/history/attempts.h"
#include "cli/kept/opened_notes.h"
#include "cli/loop/loop.h"
#include "cli/loop/shared_counts.h"
#include "cli/planning/last_run_check.h"
#include "cli/planning/limits_check.h"
#include "cli/planning/plan_maker.h"
#include "cli/planning/verify_share.h"
#include "cli/process/service.h"
#include "cli/values/folders.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/posix_file_system.h"
#include "plan/guard.h"

namespace foldersync {
namespace {

// Is carried from one cycle to the next, see Carried.
constexpr const char* kForgotten = "limits were forgotten";

constexpr const char* kAnswerWasNo = "nothing changed: the answer was no";

// Each cycle opens the folders, looks, plans, judges the plan, asks, and applies it.
class Runner {
 public:
  Runner(const RunOptions& options, const Tools& tools, PlanMaker& maker, Opened& opened)
      : options_(options),
        tools_(tools),
        maker_(maker),
        opened_(opened),
        last_run_(tools.state, options.planning, tools.signals.stop()),
        preparation_(tools, options.applying, last_run_),
        share_(tools, options, maker) {}

  Result<ExitCode> run(Attempts& attempts, Service& service) {
    service.ready();
    Loop loop({.tools = tools_,
               .service = service,
               .attempts = attempts,
               // Who looks what would be done wants to see it now.
               .start = options_.applying.dry_run ? StartOptions{} : options_.start,
               .begins = options_.interval_seconds ? "the next cycle begins" : "this run begins",
               .report = report(),
               .cycle = [this] { return cycle(); },
               .fail = [this](const Error& error) { return fail(error); }});
    if (options_.interval_seconds) return loop.run(*options_.interval_seconds);
    if (!loop.wait_for_start(boot_seconds())) return fail(stopped_error("wait"));
    return attempts.once(tools_.signals, [&]() -> Result<ExitCode> {
      const auto end = loop.reopen_files();
      return end ? *end : cycle();
    });
  }

 private:
  ExitCode cycle() {
    first_plan_ = {};
    const auto tried = try_cycle();
    const ExitCode code = tried ? *tried : fail(tried.error());
    tools_.log.flush();
    return code;
  }

  // `end` has what was reported before.
  ExitCode fail(const Error& error, ReportEnd end = {}) {
    end = first_plan_.with(std::move(end));
    end.error = error;
    if (error.code == ErrorCode::kStopped) {
      tools_.log.warn((Signals::is_time_up() ? std::string(kTimeIsUp) + ": " : std::string()) +
                      "stopped before this run changed anything");
      end.exit_code = tools_.signals.stop_code();
    } else {
      tools_.log.error(describe(error));
      // Where a plan was applied before this one, something was done.
      end.exit_code = first_plan_.end ? ExitCode::kPartial : exit_code_of(error);
    }
    return end_report(tools_, report(), end);
  }

  // A plan that asks for more names of a file than its file system takes tells how many it takes,
  // and the plan after it is made for that.
  Result<ExitCode> try_cycle() {
    if (const auto seconds = options_.applying.stop_after_seconds)
      TRY(tools_.signals.stop_after(*seconds));
    // A person said yes to one plan.
    const auto code = TRY(try_once());
    if (!first_plan_.end) return code;
    if (!tools_.signals.stop()) return try_once();
    first_plan_.end->exit_code = tools_.signals.stop_code();
    return end_report(tools_, report(), *first_plan_.end);
  }

  Result<ExitCode> try_once() {
    const double started = monotonic_seconds();
    auto roots = TRY(open_roots(tools_.fs, options_.folders));
    const auto left_out = TRY(look(roots));
    if (!first_plan_.end) TRY(share_.read(roots, left_out, last_run_.known_files()));
    auto planned = TRY(plan(roots, left_out));
    share_.hold(roots, planned);
    TRY(judge(roots, planned));
    if (opened_.person) {
      if (const auto end = TRY(ask(planned.plan))) return *end;
      TRY(make_ready_after(roots));
      // What a person said yes to stays as it is; all that is new gets what can be held.
      (void)ask_limits_again(tools_, *roots.replica, doubt_of(planned));
    }
    return roots.replica ? apply(roots, planned, started) : show_creation(planned.plan);
  }

  // What the folders say to it. The answer: what of the program's own plans leave out.
  Result<std::vector<std::string>> look(Roots& roots) {
    auto left_out = TRY(place_own_files(
        tools_.fs, roots, own_files(options_.applying, opened_.log_file, tools_.state)));
    tools_.state.open();
    if (roots.replica) note_opened(tools_.state, *roots.replica);
    if (roots.replica) look_as_known(tools_.state, *roots.replica);
    tell_what_root_leaves_out(tools_.state);
    Status known = last_run_.compare(roots);
    tools_.log_warnings();
    if (!known) return known.error();
    TRY(check_required(roots.source, options_.planning.plan.require));
    TRY(make_ready_before(roots));
    if (options_.forget_limits && roots.replica && tools_.state.carried().is_first(kForgotten)) {
      forget_limits(tools_, *roots.replica, !options_.applying.dry_run);
    }
    return left_out;
  }

  // Where a person is asked, nothing is made before the answer; what a killed run had begun in a
  // replica that is there comes to rest all the same.
  Status make_ready_before(Roots& roots) {
    if (options_.applying.dry_run) {
      tools_.confine({});
      return success();
    }
    if (!opened_.person) TRY(preparation_.make_places(roots, options_.planning.plan));
    return roots.replica ? preparation_.bring_to_rest(*roots.replica) : success();
  }

  Result<Planned> plan(Roots& roots, const std::vector<std::string>& left_out) {
    const bool may_ask = roots.replica && !options_.applying.dry_run && !opened_.person;
    auto planned = TRY(plan_changes(roots, left_out));
    if (may_ask && ask_limits_again(tools_, *roots.replica, doubt_of(planned))) {
      planned = TRY(plan_changes(roots, left_out));
    }
    TRY(maker_.make_room(roots, planned.plan,
                         {.atomic = options_.applying.atomic,
                          .backup_folder = absolute_if_named(options_.applying.backup.folder),
                          .lacks_room = first_plan_.lacked_room}));
    if (opened_.person) TRY(maker_.add_space_guard(roots, planned.plan));
    return planned;
  }

  Result<Planned> plan_changes(const Roots& roots, const std::vector<std::string>& left_out) {
    tools_.progress.begin();
    maker_.count(tools_.progress.compared);
    const Progress progress(tools_.progress, tools_.signals,
                            wants_progress(options_.common.console));
    // The plan is not for people; what each run would read is remembered for the next time: with
    // --checksum, or where the replica's times tell nothing.
    const bool reads_always =
        options_.planning.plan.checksum ||
        (roots.replica && tools_.state.known_limits(*roots.replica).refuses_times);
    const EqualContent equal = reads_always ? EqualContent::kNamed : EqualContent::kOnlyCompared;
    const auto plan = [&] {
      return maker_.plan(roots, left_out, equal, tools_.signals.stop(),
                         last_run_.unread_before(roots));
    };
    auto planned = TRY(plan());
    const bool may_clear = roots.replica && !options_.applying.dry_run;
    if (!may_clear || !TRY(preparation_.clear(*roots.replica, planned.leftovers))) return planned;
    return plan();
  }

  static LimitsDoubt doubt_of(const Planned& planned) {
    return {.has_actions = !planned.plan.actions.empty(), .hides = planned.hides};
  }

  // A person may take over a strange folder as well as --adopt.
  Status judge(const Roots& roots, Planned& planned) {
    TRY(last_run_.judge(roots, planned));
    tools_.log_warnings();
    for (Guard& guard : planned.plan.guards) {
      if (!guard.refused) continue;
      const std::string why = explain_with_names(guard, planned.plan);
      const bool may_ask = opened_.person || opened_.doubter;
      if (!asks_for_adoption(guard) || !may_ask) return refused_error("plan", why);
      tell(why);
      if (opened_.doubter && !TRY(opened_.doubter->agrees_to(planned.plan)))
        return refused_error("ask", kAnswerWasNo);
      allow(guard);
    }
    return success();
  }

  // Nothing where the plan is to be applied.
  Result<std::optional<ExitCode>> ask(const StoredPlan& plan) {
    const bool is_asked = !plan.actions.empty() && !lacks_something(options_.applying, plan);
    if (!is_asked || TRY(opened_.person->agrees_to(plan))) return std::optional<ExitCode>();
    tools_.log.info(kAnswerWasNo);
    return std::optional(end_untried(tools_, report(), plan, report_end(plan, ExitCode::kDone)));
  }

  Status make_ready_after(Roots& roots) {
    const bool is_new = !roots.replica;
    TRY(preparation_.make_places(roots, options_.planning.plan));
    if (is_new) TRY(preparation_.bring_to_rest(*roots.replica));
    preparation_.confine(*roots.replica);
    return success();
  }

  ExitCode apply(const Roots& roots, const Planned& planned, double started) {
    tell_how_looked_at(tools_, *roots.replica);
    tell_unheld(tools_.state, planned);
    tools_.log_warnings();
    const bool is_asked = opened_.person.has_value();
    return apply_and_log({.tools = tools_,
                          .options = options_.applying,
                          .roots = roots,
                          .plan = planned.plan,
                          .report = report(),
                          // A person said yes to this plan, and to nothing that the source has
                          // become since.
                          .follow_source = !is_asked,
                          .check_space = options_.planning.check_space,
                          .conflicts = preparation_.has_conflicts(),
                          .lacks_xattrs = planned.unheld_xattrs.has_value(),
                          .started = started,
                          .backup_identity = preparation_.backup_identity(),
                          .unproven = preparation_.unproven(),
                          .verified = share_.summary(),
                          .remember =
                              [&](bool is_exact, bool did_all) {
                                last_run_.remember(roots, planned, is_exact);
                                forget_accepted(roots, planned);
                                share_.remember(roots, planned, did_all);
                              },
                          .first_plan = is_asked ? nullptr : &first_plan_});
  }

  // What was accepted as changed is no evidence of decay any more, in either tree.
  void forget_accepted(const Roots& roots, const Planned& planned) {
    for (const RelPath& path : planned.accepted) {
      tools_.state.forget_hash(roots.source, path);
      tools_.state.forget_hash(*roots.replica, path);
    }
    for (const std::string& path : options_.planning.accept_changed) {
      if (std::count(planned.accepted.begin(), planned.accepted.end(), RelPath(path)) > 0) continue;
      tools_.log.warn("--accept-changed '" + escaped(path) +
                      "': nothing there was held as decayed");
    }
  }

  // A dry run where there is no replica yet: nothing to look at, everything to be made.
  ExitCode show_creation(const StoredPlan& plan) {
    ProgressCounts counts;
    if (report() != nullptr) report()->begin(&plan);
    tools_.log.expect(plan.actions.size() + plan.problems.size());
    CycleObserver observer(tools_.log, counts, Execution::kDry, report(), tools_.signals.stop());
    Status shown = for_each_action(plan.actions, [&](const Action& action, std::uint64_t seq) {
      observer.report({.seq = seq, .action = &action});
    });
    ReportEnd end = report_end(
        plan, plan.complete() && plan.held() == 0 ? ExitCode::kDone : ExitCode::kPartial);
    end.outcomes = observer.outcomes();
    if (!shown) return fail(shown.error(), std::move(end));
    log_problems(plan, tools_.log);
    Causes causes;
    add_causes(plan, causes);
    tools_.log.close(
        {.summary = "dry run, nothing changed: the replica would be made, with " +
                    human_count(plan.actions.size()) + " actions",
         .failed = failed_text(end.exit_code),
         .causes = causes.sorted(),
         .next = {{"-v shows all of it, and the same command without --dry-run does it"}}});
    return end_report(tools_, report(), end);
  }

  ReportFile* report() { return opened_.report.get(); }

  const RunOptions& options_;
  const Tools& tools_;
  PlanMaker& maker_;
  Opened& opened_;
  LastRunCheck last_run_;
  Preparation preparation_;
  VerifyShare share_;
  FirstPlan first_plan_;  // of this cycle
};

// How much later than it is due a cycle may begin.
double slack_of(const StartOptions& start) {
  constexpr double kDay = 86'400;
  return start.jitter_seconds + (start.between.empty() ? 0 : kDay);
}

Result<ExitCode> run(const RunOptions& options, Attempts& attempts) {
  FileSystem& fs = posix_file_system();
  KeptState state(fs, state_folder_of(options.common.state_folder));
  auto maker = TRY(PlanMaker::make(fs, state, options.planning, thread_counts(options.common)));
  Signals signals(options.interval_seconds ? HangUp::kReopensLog : HangUp::kStops);
  auto opened = TRY(open_for_run(fs, state, options, signals));
  attempts.warn_to(*opened.log);
  const SharedCounts shared;
  const Tools tools{.fs = fs,
                    .state = state,
                    .signals = signals,
                    .log = *opened.log,
                    .options = options.common,
                    .outcome = attempts.outcome(),
                    .progress = shared.counts()};
  Service service;
  return Runner(options, tools, maker, opened).run(attempts, service);
}

}  // namespace

Result<ExitCode> execute(const RunOptions& options, Hooks& hooks) {
  Attempts attempts(posix_file_system(), {.command = "run",
                                          .hooks = hooks,
                                          .common = options.common,
                                          .applying = options.applying,
                                          .source = absolute_name(options.folders.source),
                                          .replica = absolute_name(options.folders.replica),
                                          .interval = options.interval_seconds,
                                          .slack_seconds = slack_of(options.start)});
  return attempts.or_failed(run(options, attempts));
}

}  // namespace foldersync
