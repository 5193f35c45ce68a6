#include "cli/run_command.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>

#include "cli/confirm.h"
#include "cli/cycle.h"
#include "core/text.h"
#include "plan/guard.h"

namespace foldersync {
namespace {

constexpr const char* kDefaultLog = "log.txt";

class Runner {
 public:
  Runner(Session& session, Signals& signals)
      : session_(session), settings_(session.settings()), signals_(signals) {}

  ExitCode run() {
    if (settings_.confirm && !settings_.dry_run) {
      auto person = Person::at_terminal();
      if (!person) return fail_at_start(person.error());
      person_ = std::move(*person);
    }
    // What can never work ends the program at once; what may pass belongs to the cycles.
    const auto roots = session_.open_roots(settings_.source, settings_.replica);
    if (!roots && roots.error().code == ErrorCode::kBadPair) return fail_at_start(roots.error());
    log_file_ = absolute_name(settings_.log_file.value_or(kDefaultLog));
    Status placed = roots ? place_own_files(*roots) : keep_out_of_replica();
    if (!placed) return fail_at_start(placed.error());
    is_log_in_source_ = !settings_.log_file && has_log_in_source();
    if (const auto opened = open_log(); !opened) return fail_at_start(opened.error());
    if (const auto opened = open_report(); !opened) return fail_at_start(opened.error());
    return settings_.interval_seconds ? loop(*settings_.interval_seconds) : cycle();
  }

 private:
  static ExitCode fail_at_start(const Error& error) {
    std::fprintf(stderr, "sync: %s\n", describe(error).c_str());
    return exit_code_of(error);
  }

  std::vector<std::string> own_files() const {
    return {log_file_, session_.state_folder(), session_.backup_folder(), session_.report_file()};
  }

  Status place_own_files(const Roots& roots) {
    return session_.place_own_files(roots, own_files());
  }

  // Where the source is missing, say, the replica is to stay as it is all the same.
  Status keep_out_of_replica() {
    auto replica = open_root(session_.fs(), absolute_name(settings_.replica), "replica");
    if (!replica) return success();
    return session_.refuse_inside(*replica, own_files());
  }

  // Also where the replica is none, and the run ends with a line in the log.
  bool has_log_in_source() {
    const auto source = open_root(session_.fs(), absolute_name(settings_.source), "source");
    if (!source) return false;
    const auto inside = lies_inside(session_.fs(), folder_above(log_file_), *source);
    return inside && *inside;
  }

  // Whether something has the log's name, which is left out of the copy then.
  bool has_log_file() {
    const auto folder = session_.fs().open_above(folder_above(log_file_).c_str());
    return folder && session_.fs().status_at(folder->get(), kDefaultLog);
  }

  Status open_log() {
    LogSettings settings{log_file_, console_verbosity(settings_), wants_colour(settings_),
                         is_log_in_source_};
    auto log = Log::open(settings);
    if (!log && settings_.log_file) return log.error();
    if (!log && is_log_in_source_ && has_log_file()) {
      Error theirs = log.error();
      theirs.detail =
          "the default log would take the place of what the source holds: name a file "
          "elsewhere with -l (" +
          theirs.detail + ")";
      return theirs;
    }
    if (log) {
      log_ = std::move(*log);
      return success();
    }
    // The default log is a service, not a promise.
    settings.file.clear();
    auto console = TRY(Log::open(settings));
    log_ = std::move(console);
    log_->warn("no log file: " + describe(log.error()));
    return success();
  }

  Status open_report() {
    if (!settings_.report_file) return success();
    auto opened = TRY(ReportFile::open(*settings_.report_file == "-" ? "-" : session_.report_file(),
                                       report_subject(settings_, absolute_name(settings_.source),
                                                      absolute_name(settings_.replica))));
    report_ = std::move(opened);
    return success();
  }

  // Start to start; a cycle that overruns is followed at once by one cycle, never by two.
  ExitCode loop(double interval) {
    double next = monotonic_seconds();
    for (;;) {
      const ExitCode code = cycle();
      if (signals_.stop()) {
        return code == ExitCode::kInterrupted || code == ExitCode::kTerminated ? code
                                                                               : ExitCode::kDone;
      }
      next = std::max(next + interval, monotonic_seconds());
      while (!signals_.stop() && monotonic_seconds() < next) {
        reopen_log();
        signals_.wait(next - monotonic_seconds());
      }
      reopen_log();
      if (signals_.stop()) {
        log_->info("told to stop");
        return ExitCode::kDone;
      }
    }
  }

  void reopen_log() {
    if (!signals_.take_reopen()) return;
    log_->flush();
    if (Status reopened = log_->reopen(); !reopened) log_->error(describe(reopened.error()));
  }

  ExitCode cycle() {
    const ExitCode code = try_cycle();
    log_->flush();
    return code;
  }

  // `end` has what was reported before.
  ExitCode fail(const Error& error, ReportEnd end = {}) {
    end.error = error;
    if (error.code == ErrorCode::kStopped) {
      log_->warn("stopped before anything was changed");
      end.exit_code =
          signals_.stop_signal() == SIGINT ? ExitCode::kInterrupted : ExitCode::kTerminated;
    } else {
      log_->error(describe(error));
      end.exit_code = exit_code_of(error);
    }
    return end_report(report_.get(), *log_, end);
  }

  ExitCode try_cycle() {
    const double started = monotonic_seconds();
    if (Status reopened = log_->reopen_if_moved(); !reopened) {
      if (is_log_in_source_) return fail(reopened.error());
      log_->error(describe(reopened.error()));
    }
    if (report_) {
      if (Status reopened = report_->reopen(); !reopened) {
        log_->error(describe(reopened.error()));
        return exit_code_of(reopened.error());
      }
    }
    auto roots = session_.open_roots(settings_.source, settings_.replica);
    if (!roots) return fail(roots.error());
    if (Status placed = place_own_files(*roots); !placed) return fail(placed.error());
    session_.open_state();
    Status known = session_.compare_with_last_run(*roots);
    log_warnings(session_, *log_);
    if (!known) return fail(known.error());
    Status has_all = session_.check_required(roots->source, settings_.plan.require);
    if (!has_all) return fail(has_all.error());
    // Where a person is asked, nothing is made before the answer; what a killed run had begun in a
    // replica that is there comes to rest all the same.
    if (!settings_.dry_run && !person_) {
      if (Status made = session_.make_backup_folder(); !made) return fail(made.error());
    }
    if (!settings_.dry_run && (roots->replica || !person_)) {
      if (Status ready = make_ready(*roots); !ready) return fail(ready.error());
    }
    // The plan is not for people; what --checksum reads is remembered for the next time.
    const bool remembers = settings_.plan.checksum;
    auto planned = session_.make_plan(*roots, signals_.stop(), remembers);
    if (planned && !planned->leftovers.empty() && !settings_.dry_run) {
      Status cleared = clear_leftovers(session_.fs(), *roots->replica, planned->leftovers);
      if (!cleared) return fail(cleared.error());
      planned = session_.make_plan(*roots, signals_.stop(), remembers);
    }
    if (!planned) return fail(planned.error());
    Status mounted = session_.compare_mounts_with_last_run(*roots, planned->source_mounts);
    if (!mounted) return fail(mounted.error());
    if (person_) {
      Status asked = session_.add_space_guard(*roots, planned->plan);
      if (!asked) return fail(asked.error());
    }
    for (const Guard& guard : planned->plan.guards) {
      if (!guard.refused) continue;
      return fail(Error{ErrorCode::kRefused, "plan", {}, 0, explain(guard)});
    }
    if (person_) {
      if (const auto end = ask(*roots, planned->plan)) return *end;
    }
    if (!roots->replica) return show_creation(planned->plan);
    // A person said yes to this plan, and to nothing that the source has become since.
    const bool follow_source = !person_;
    return apply_and_log({session_, *log_, signals_, *roots, planned->plan, &planned->source_mounts,
                          follow_source, started, conflicts_, planned->source_entries,
                          report_.get()});
  }

  // Nothing where the plan is to be applied; everything is ready for it then.
  std::optional<ExitCode> ask(Roots& roots, const StoredPlan& plan) {
    const bool is_refused_later =
        settings_.atomic && !plan.complete() && !settings_.allow_incomplete;
    if (!plan.actions.empty() && !is_refused_later) {
      const auto answer =
          person_->confirm(plan, wants_colour(settings_) ? Colour::kOn : Colour::kOff, signals_);
      if (!answer) return fail(answer.error());
      if (*answer == Answer::kStopped) return fail(Error{ErrorCode::kStopped, "ask", {}, 0, {}});
      if (*answer == Answer::kNo) {
        log_->info("nothing changed: the answer was no");
        return skip_all(plan);
      }
    }
    if (Status made = session_.make_backup_folder(); !made) return fail(made.error());
    if (roots.replica) return std::nullopt;
    if (Status ready = make_ready(roots); !ready) return fail(ready.error());
    return std::nullopt;
  }

  // Nothing of it is done, and nothing is wrong.
  ExitCode skip_all(const StoredPlan& plan) {
    ReportEnd end;
    end.problems = plan.problems.size();
    end.complete = plan.complete();
    if (report_) {
      report_->begin(&plan);
      end.outcomes[static_cast<std::size_t>(Outcome::kSkipped)] = report_->skip_all();
    }
    return end_report(report_.get(), *log_, end);
  }

  // The replica exists, is ours alone, and holds nothing of a killed run.
  Status make_ready(Roots& roots) {
    if (!roots.replica) {
      TRY(create_replica(session_.fs(), roots));
    }
    const auto conflicts = TRY(finish_killed_run(session_, signals_, *log_, *roots.replica));
    conflicts_ = conflicts;
    // What was removed may have changed the folder itself.
    const auto status = session_.fs().status(roots.replica->fd.get());
    if (!status) return status.error();
    roots.replica->status = *status;
    return success();
  }

  // A dry run where there is no replica yet: nothing to look at, everything to be made.
  ExitCode show_creation(const StoredPlan& plan) {
    ProgressCounts counts;
    if (report_) report_->begin(&plan);
    CycleObserver observer(*log_, counts, true, report_.get());
    Status shown = for_each_action(plan.actions, [&](const Action& action, std::uint64_t seq) {
      ActionReport report;
      report.seq = seq;
      report.action = &action;
      observer.report(report);
    });
    ReportEnd end;
    end.outcomes = observer.outcomes();
    end.problems = plan.problems.size();
    end.complete = plan.complete();
    if (!shown) return fail(shown.error(), std::move(end));
    for (const Problem& problem : plan.problems) log_->error(describe(problem));
    log_->info("dry run, nothing changed: the replica would be made, with " +
               human_count(plan.actions.size()) + " actions");
    end.exit_code = plan.complete() ? ExitCode::kDone : ExitCode::kPartial;
    return end_report(report_.get(), *log_, end);
  }

  Session& session_;
  const Settings& settings_;
  Signals& signals_;
  std::optional<Person> person_;  // is asked before anything is changed
  std::string log_file_;
  bool is_log_in_source_ = false;  // and nobody asked for it
  std::unique_ptr<Log> log_;
  std::unique_ptr<ReportFile> report_;
  bool conflicts_ = false;
};

}  // namespace

ExitCode run_command(Session& session) {
  Signals signals(session.settings().interval_seconds.has_value());
  return Runner(session, signals).run();
}

}  // namespace foldersync
