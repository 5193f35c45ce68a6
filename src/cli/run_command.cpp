#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "apply/recovery/leftovers.h"
#include "cli/at_rest.h"
#include "cli/backups.h"
#include "cli/commands.h"
#include "cli/confinement.h"
#include "cli/confirm.h"
#include "cli/console.h"
#include "cli/cycle.h"
#include "cli/folders.h"
#include "cli/last_run_check.h"
#include "cli/limits_check.h"
#include "cli/loop.h"
#include "cli/opened_notes.h"
#include "cli/plan_maker.h"
#include "cli/terminal.h"
#include "cli/unproven.h"
#include "core/hash.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/named_path.h"
#include "fs/posix_file_system.h"
#include "plan/guard.h"

namespace foldersync {
namespace {

constexpr const char* kDefaultLog = "log.txt";

// Is carried from one cycle to the next, see Carried.
constexpr const char* kForgotten = "limits were forgotten";

// What is open before the first cycle.
struct Opened {
  std::string log_file;
  bool is_log_in_source = false;  // and nobody asked for it
  std::unique_ptr<Log> log;
  std::unique_ptr<ReportFile> report;  // null: none is wanted
  std::optional<Person> person;        // is asked before anything is changed
  std::optional<Person> doubter;       // is asked where a strange folder would lose most
};

// Where the source is missing, say, the replica is to stay as it is all the same.
Status keep_out_of_replica(FileSystem& fs, const FolderOptions& folders,
                           const std::vector<std::string>& files) {
  const auto replica = open_root(fs, absolute_name(folders.replica), "replica");
  return replica ? refuse_inside(fs, *replica, files) : success();
}

// Also where the replica is none, and the run ends with a line in the log.
bool has_log_in_source(FileSystem& fs, const FolderOptions& folders, const std::string& log_file) {
  const auto source = open_root(fs, absolute_name(folders.source), "source");
  if (!source) return false;
  const auto inside = lies_inside(fs, folder_above(log_file), *source);
  return inside && *inside;
}

// Whether something has the log's name, which is left out of the copy then.
bool has_log_file(FileSystem& fs, const std::string& log_file) {
  const auto place = find_named(fs, log_file, LastLink::kKeep);
  return place && place->status;
}

Result<std::unique_ptr<Log>> open_log(FileSystem& fs, const RunOptions& options,
                                      const Opened& opened) {
  LogSettings settings = log_settings(options.applying, options.common.console, opened.log_file);
  settings.must_be_log = !options.applying.log_file;
  auto log = Log::open(settings);
  if (log || options.applying.log_file) return log;
  if (opened.is_log_in_source && has_log_file(fs, opened.log_file)) {
    Error theirs = log.error();
    theirs.detail =
        "the default log would take the place of what the source holds: name a file "
        "elsewhere with -l (" +
        theirs.detail + ")";
    return theirs;
  }
  // The default log is a service, not a promise.
  settings.file.clear();
  auto console = TRY(Log::open(settings));
  console->warn("no log file: " + describe(log.error()));
  return console;
}

// Whether somebody may be sitting there who can say what --adopt says.
bool may_ask_for_adoption(const RunOptions& options) {
  return !options.planning.adopt && !options.interval_seconds && !options.applying.dry_run &&
         screen_of(STDIN_FILENO) && screen_of(STDERR_FILENO);
}

Result<Opened> open_all(FileSystem& fs, const KeptState& state, const RunOptions& options) {
  const ApplyingOptions& applying = options.applying;
  const FolderOptions& folders = options.folders;
  Opened opened;
  if (options.confirm && !applying.dry_run) {
    auto person = TRY(Person::at_terminal());
    opened.person = std::move(person);
  } else if (may_ask_for_adoption(options)) {
    auto person = Person::at_terminal();
    if (person) opened.doubter = std::move(*person);
  }
  // What can never work ends the program at once; what may pass belongs to the cycles.
  const auto roots = open_roots(fs, folders);
  if (!roots && roots.error().code == ErrorCode::kBadPair) return roots.error();
  opened.log_file = absolute_name(applying.log_file.value_or(kDefaultLog));
  const auto files = own_files(applying, opened.log_file, state);
  if (roots) {
    TRY(place_own_files(fs, *roots, files));
  } else {
    TRY(keep_out_of_replica(fs, folders, files));
  }
  opened.is_log_in_source = !applying.log_file && has_log_in_source(fs, folders, opened.log_file);
  opened.log = TRY(open_log(fs, options, opened));
  opened.report = TRY(open_report(applying, {.command = "run",
                                             .source = absolute_name(folders.source),
                                             .replica = absolute_name(folders.replica)}));
  return opened;
}

class Runner {
 public:
  Runner(const RunOptions& options, const Tools& tools, PlanMaker& maker, Opened& opened)
      : options_(options),
        tools_(tools),
        maker_(maker),
        opened_(opened),
        last_run_(tools.state, options.planning, tools.signals.stop()),
        at_rest_(tools, options.applying.lock_wait_seconds) {}

  ExitCode run() {
    Loop loop({.tools = tools_,
               .report = report(),
               .must_have_log = opened_.is_log_in_source,
               .cycle = [this] { return cycle(); },
               .fail = [this](const Error& error) { return fail(error); }});
    if (options_.interval_seconds) return loop.run(*options_.interval_seconds);
    const auto end = loop.reopen_files();
    return end ? *end : cycle();
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
      tools_.log.warn("stopped before this run changed anything");
      end.exit_code = tools_.signals.stop_code();
    } else {
      tools_.log.error(describe(error));
      // Where a plan was applied before this one, something was done.
      end.exit_code = first_plan_.end ? ExitCode::kPartial : exit_code_of(error);
    }
    return end_report(report(), tools_.log, end);
  }

  // A plan that asks for more names of a file than its file system takes tells how many it takes,
  // and the plan after it is made for that.
  Result<ExitCode> try_cycle() {
    // A person said yes to one plan.
    const auto code = TRY(try_once());
    if (!first_plan_.end) return code;
    if (!tools_.signals.stop()) return try_once();
    first_plan_.end->exit_code = tools_.signals.stop_code();
    return end_report(report(), tools_.log, *first_plan_.end);
  }

  Result<ExitCode> try_once() {
    const double started = monotonic_seconds();
    auto roots = TRY(open_roots(tools_.fs, options_.folders));
    auto planned = TRY(look_and_plan(roots));
    if (opened_.person) {
      if (const auto end = TRY(ask(roots, planned.plan))) return *end;
      // What a person said yes to stays as it is; all that is new gets what can be held.
      if (!options_.applying.dry_run)
        (void)ask_limits_again(tools_, *roots.replica, doubt_of(planned));
    }
    if (!roots.replica) return show_creation(planned.plan);
    tell_how_looked_at(tools_, *roots.replica);
    tell_unheld(tools_.state, planned);
    log_warnings(tools_);
    // A person said yes to this plan, and to nothing that the source has become since.
    const bool follow_source = !opened_.person;
    return apply_and_log({.tools = tools_,
                          .options = options_.applying,
                          .roots = roots,
                          .plan = planned.plan,
                          .report = report(),
                          .follow_source = follow_source,
                          .check_space = options_.planning.check_space,
                          .conflicts = conflicts_ || unproven_.is_news,
                          .lacks_xattrs = planned.unheld_xattrs.has_value(),
                          .started = started,
                          .backup_identity = backup_identity_,
                          .unproven = unproven_.summary,
                          .remember =
                              [&](bool is_exact) {
                                last_run_.remember(roots, planned, is_exact);
                                forget_accepted(roots, planned);
                              },
                          .first_plan = opened_.person ? nullptr : &first_plan_});
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

  // What the folders say to it, and a plan that no guard refuses.
  Result<Planned> look_and_plan(Roots& roots) {
    const auto left_out = TRY(place_own_files(
        tools_.fs, roots, own_files(options_.applying, opened_.log_file, tools_.state)));
    tools_.state.open();
    if (roots.replica) note_opened(tools_.state, *roots.replica);
    if (roots.replica) look_as_known(tools_.state, *roots.replica);
    tell_what_root_leaves_out(tools_.state);
    Status known = last_run_.compare(roots);
    log_warnings(tools_);
    if (!known) return known.error();
    TRY(check_required(roots.source, options_.planning.plan.require));
    TRY(make_ready_before(roots));
    if (options_.forget_limits && roots.replica && tools_.state.carried().is_first(kForgotten)) {
      forget_limits(tools_, *roots.replica, !options_.applying.dry_run);
    }
    const bool may_ask = roots.replica && !options_.applying.dry_run && !opened_.person;
    auto planned = TRY(make_plan_with_progress(roots, left_out));
    if (may_ask && ask_limits_again(tools_, *roots.replica, doubt_of(planned))) {
      planned = TRY(make_plan_with_progress(roots, left_out));
    }
    TRY(maker_.make_room(roots, planned.plan,
                         {.atomic = options_.applying.atomic,
                          .backup_folder = absolute_if_named(options_.applying.backup.folder),
                          .lacks_room = first_plan_.lacked_room}));
    if (opened_.person) {
      TRY(maker_.add_space_guard(roots, planned.plan));
    }
    TRY(last_run_.judge(roots, planned));
    log_warnings(tools_);
    TRY(check_guards(planned.plan));
    return planned;
  }

  static LimitsDoubt doubt_of(const Planned& planned) {
    return {.has_actions = !planned.plan.actions.empty(), .hides = planned.hides};
  }

  Result<Planned> make_plan_with_progress(const Roots& roots,
                                          const std::vector<std::string>& left_out) {
    const ProgressCounts none;
    const Progress progress(none, tools_.signals, wants_progress(options_.common.console));
    return make_plan(roots, left_out);
  }

  // A person may take over a strange folder as well as --adopt.
  Status check_guards(StoredPlan& plan) {
    for (Guard& guard : plan.guards) {
      if (!guard.refused) continue;
      const std::string why = explain_with_names(guard, plan);
      const bool may_ask = opened_.person || opened_.doubter;
      if (!asks_for_adoption(guard) || !may_ask) {
        return refused_error("plan", why);
      }
      tell(why);
      if (opened_.doubter) {
        TRY(ask_for_adoption(*opened_.doubter, plan));
      }
      allow(guard);
    }
    return success();
  }

  Status ask_for_adoption(Person& person, const StoredPlan& plan) {
    const Colour colour = colour_of(options_.common.console);
    const Answer answer = TRY(person.confirm(plan, colour, tools_.signals));
    if (answer == Answer::kYes) return success();
    if (answer == Answer::kStopped) return stopped_error("ask");
    return refused_error("ask", "nothing changed: the answer was no");
  }

  // Where a person is asked, nothing is made before the answer; what a killed run had begun in a
  // replica that is there comes to rest all the same.
  Status make_ready_before(Roots& roots) {
    const bool is_asked = opened_.person.has_value();
    if (options_.applying.dry_run) {
      confine(nullptr);
      return success();
    }
    if (!is_asked) {
      TRY(make_ready_backup());
    }
    return roots.replica || !is_asked ? make_ready(roots) : success();
  }

  Result<Planned> make_plan(const Roots& roots, const std::vector<std::string>& left_out) {
    // The plan is not for people; what each run would read is remembered for the next time: with
    // --checksum, or where the replica's times tell nothing.
    const bool reads_always =
        options_.planning.plan.checksum ||
        (roots.replica && tools_.state.known_limits(*roots.replica).refuses_times);
    const EqualContent equal = reads_always ? EqualContent::kNamed : EqualContent::kOnlyCompared;
    auto planned = TRY(
        maker_.plan(roots, left_out, equal, tools_.signals.stop(), last_run_.unread_before(roots)));
    unproven_ = {};
    if (planned.leftovers.empty() || options_.applying.dry_run) return planned;
    const auto leftovers = TRY(clear_leftovers(*roots.replica, tools_.state.staging_keys(),
                                               planned.leftovers, tools_.signals.stop()));
    unproven_ =
        tell_unproven(tools_.log, tools_.state.memory(), *roots.replica, leftovers.unproven);
    if (tell_stuck(tools_.log, leftovers.stuck)) unproven_.is_news = true;
    if (!leftovers.cleared) return planned;
    return maker_.plan(roots, left_out, equal, tools_.signals.stop(),
                       last_run_.unread_before(roots));
  }

  // Nothing where the plan is to be applied; everything is ready for it then.
  Result<std::optional<ExitCode>> ask(Roots& roots, const StoredPlan& plan) {
    if (!plan.actions.empty() && !lacks_something(options_.applying, plan)) {
      const Colour colour = colour_of(options_.common.console);
      const Answer answer = TRY(opened_.person->confirm(plan, colour, tools_.signals));
      if (answer == Answer::kStopped) return stopped_error("ask");
      if (answer == Answer::kNo) {
        tools_.log.info("nothing changed: the answer was no");
        return std::optional(
            end_untried(report(), tools_.log, plan, report_end(plan, ExitCode::kDone)));
      }
    }
    TRY(make_ready_backup());
    if (!roots.replica) {
      TRY(make_ready(roots));
    }
    confine(&*roots.replica);
    return std::optional<ExitCode>();
  }

  // Whether it is there, or none is wanted.
  bool has_backup_folder() {
    const auto& backup = options_.applying.backup.folder;
    return !backup || open_named_folder(tools_.fs, absolute_name(*backup)).ok();
  }

  // When everything is there that is written to: where a person is asked, after the answer,
  // perhaps.
  void confine(const Root* replica) {
    if (std::exchange(is_confined_, true)) return;
    const auto& backup = options_.applying.backup.folder;
    WrittenPlaces places{.replica = replica, .backup_folder = absolute_if_named(backup)};
    if (replica != nullptr) {
      places.outputs = unfinished_backups(*replica, tools_.state.staging_keys());
    }
    tools_.confine(std::move(places));
  }

  Status make_ready_backup() {
    TRY(make_backup_folder(tools_.fs, options_.applying.backup));
    auto met = meet_backup_folder(tools_.fs, tools_.state, options_.applying.backup,
                                  last_run_.other_replica());
    log_warnings(tools_);
    if (!met) return met.error();
    backup_identity_ = std::move(*met);
    return success();
  }

  // The replica exists, is ours alone, and holds nothing of a killed run.
  Status make_ready(Roots& roots) {
    if (!roots.replica) {
      const PlanningOptions& planning = options_.planning;
      TRY(create_replica(tools_.fs, roots,
                         new_replica(roots.source, planning.plan, planning.umask)));
      TRY(last_run_.meet_replica(roots));
      log_warnings(tools_);
    }
    TRY(at_rest_.lock(*roots.replica));
    if (!opened_.person || has_backup_folder()) confine(&*roots.replica);
    conflicts_ = TRY(at_rest_.prepare(*roots.replica));
    // What was removed may have changed the folder itself.
    roots.replica->status = TRY(look_again(*roots.replica));
    return success();
  }

  // A dry run where there is no replica yet: nothing to look at, everything to be made.
  ExitCode show_creation(const StoredPlan& plan) {
    ProgressCounts counts;
    if (report() != nullptr) report()->begin(&plan);
    CycleObserver observer(tools_.log, counts, Execution::kDry, report(), tools_.signals.stop());
    Status shown = for_each_action(plan.actions, [&](const Action& action, std::uint64_t seq) {
      ActionReport would;
      would.seq = seq;
      would.action = &action;
      observer.report(would);
    });
    ReportEnd end = report_end(
        plan, plan.complete() && plan.held() == 0 ? ExitCode::kDone : ExitCode::kPartial);
    end.outcomes = observer.outcomes();
    if (!shown) return fail(shown.error(), std::move(end));
    for (const Problem& problem : plan.problems) tools_.log.error(describe(problem));
    tools_.log.info("dry run, nothing changed: the replica would be made, with " +
                    human_count(plan.actions.size()) + " actions");
    return end_report(report(), tools_.log, end);
  }

  ReportFile* report() { return opened_.report.get(); }

  const RunOptions& options_;
  const Tools& tools_;
  PlanMaker& maker_;
  Opened& opened_;
  LastRunCheck last_run_;
  std::string backup_identity_;
  AtRest at_rest_;
  bool conflicts_ = false;
  UnprovenTold unproven_;
  FirstPlan first_plan_;  // of this cycle
  bool is_confined_ = false;
};

}  // namespace

Result<ExitCode> execute(const RunOptions& options) {
  FileSystem& fs = posix_file_system();
  KeptState state(fs, state_folder_of(options.common.state_folder));
  auto maker = TRY(PlanMaker::make(fs, state, options.planning, thread_counts(options.common)));
  Signals signals(options.interval_seconds ? HangUp::kReopensLog : HangUp::kStops);
  auto opened = TRY(open_all(fs, state, options));
  const Tools tools{
      .fs = fs, .state = state, .signals = signals, .log = *opened.log, .options = options.common};
  return Runner(options, tools, maker, opened).run();
}

}  // namespace foldersync
