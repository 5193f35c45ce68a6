#include "cli/cycle/cycle_end.h"

#include <array>
#include <cstdio>
#include <utility>

#include "cli/console/console.h"
#include "core/program_name.h"
#include "core/text.h"
#include "fs/clock.h"
#include "show/render.h"

namespace foldersync {
namespace {

std::string time_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f s", seconds);
  return text.data();
}

std::string count_text(const char* what, std::uint64_t count) {
  return count == 0 ? std::string() : std::string(", ") + what + " " + human_count(count);
}

RunOutcome outcome_of(const ReportEnd& end) {
  RunOutcome outcome{end.exit_code, end.done,
                     end.outcomes,  end.bytes,
                     end.summary,   end.error ? describe(*end.error) : end.first_error};
  outcome.done.problems = end.problems;
  return outcome;
}

// Whether being told to stop kept some of the plan from being done, or the old from being removed.
bool was_stopped(const CycleObserver& observer, const ApplyResult& applied) {
  return applied.stopped && (observer.skipped() > 0 || applied.rolled_back || applied.staging_left);
}

}  // namespace

ExitCode code_of(const CycleRequest& request, const CycleObserver& observer,
                 const ApplyResult& applied) {
  const bool was_cut = was_stopped(observer, applied);
  if (was_cut && !Signals::is_time_up()) return request.tools.signals.stop_code();
  const bool failed = observer.count(Outcome::kError) > 0;
  if (applied.rolled_back && failed) return ExitCode::kFailed;
  if (observer.count(Outcome::kStale) > 0) return ExitCode::kStale;
  // Where attributes are compared, the next plan would find what was refused.
  const bool refused =
      request.plan.options.xattrs && (applied.xattrs_denied || request.lacks_xattrs);
  const bool partial = was_cut || failed || refused || applied.metadata_lost ||
                       observer.skipped() > 0 || !request.plan.complete() ||
                       request.plan.held() > 0 || applied.staging_left || applied.left_open ||
                       applied.links_parted || request.conflicts;
  return partial ? ExitCode::kPartial : ExitCode::kDone;
}

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

std::string summary_of(const CycleRequest& request, const CycleObserver& observer,
                       const ApplyResult& applied) {
  Summary done = observer.done();
  done.unchanged = request.plan.summary.unchanged;
  const char* begin = "done: ";
  if (was_stopped(observer, applied)) {
    begin = Signals::is_time_up() ? "the time of --stop-after is up, the next run goes on: "
                                  : "stopped, run it again to go on: ";
  }
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
         content_text(request.plan.options) + request.verified + request.unproven +
         not_mirrored_text(applied.limits) + ", " +
         time_text(monotonic_seconds() - request.started);
}

std::string failed_text(ExitCode code) {
  if (code == ExitCode::kDone) return {};
  return "exit " + std::to_string(static_cast<int>(code)) + ", " + meaning_of(code);
}

Closing closing_of(const CycleRequest& request, const CycleObserver& observer,
                   const ApplyResult& applied, ExitCode code) {
  Causes causes = observer.causes();
  add_causes(request.plan, causes);
  Closing closing{.level = code == ExitCode::kDone ? Level::kInfo : Level::kWarning,
                  .summary = summary_of(request, observer, applied),
                  .warnings = observer.stale_lines(applied.refused),
                  .failed = failed_text(code),
                  .causes = causes.sorted()};
  if (!closing.causes.empty()) {
    const std::string listing = request.tools.log.listing_command();
    closing.next.push_back(
        {listing.empty() ? "-v lists each of them" : "all of them are in the log", listing});
  }
  if (observer.count(Outcome::kStale) > 0) {
    closing.next.push_back(
        {"make a new plan, with the options of this one, to see what is to be done now",
         program_name() + " plan -s " + shell_word(request.plan.source.path) + " -r " +
             shell_word(request.plan.replica.path)});
  } else if (!closing.causes.empty()) {
    closing.next.push_back({"put that right, and run the same command again"});
  } else if (request.options.dry_run && !request.plan.actions.empty()) {
    closing.next.push_back({"-v shows all of it, and the same command without --dry-run does it"});
  }
  return closing;
}

ReportEnd FirstPlan::with(ReportEnd second) const {
  if (!end) return second;
  for (std::size_t at = 0; at < second.outcomes.size(); ++at)
    second.outcomes[at] += end->outcomes[at];
  second.bytes += end->bytes;
  if (second.undo.empty()) second.undo = end->undo;
  if (second.first_error.empty()) second.first_error = end->first_error;
  if (second.summary.empty()) second.summary = end->summary;
  for (const OpTraits& op : kOpTraits) second.done.*op.count += end->done.*op.count;
  second.done.finish += end->done.finish;
  return second;
}

ReportEnd end_of(const CycleRequest& request, const CycleObserver& observer, ExitCode code) {
  ReportEnd end = report_end(request.plan, code);
  end.outcomes = observer.outcomes();
  end.bytes = observer.done().bytes_to_write;
  end.done = observer.done();
  end.done.unchanged = request.plan.summary.unchanged;
  if (!observer.first_error().empty()) end.first_error = observer.first_error();
  return request.first_plan != nullptr ? request.first_plan->with(std::move(end)) : end;
}

ReportEnd end_of_failed(const CycleRequest& request, const CycleObserver& observer, ExitCode code) {
  ReportEnd end = end_of(request, observer, code);
  if (request.report != nullptr) {
    end.outcomes[static_cast<std::size_t>(Outcome::kSkipped)] += request.report->skip_all();
  }
  return end;
}

ReportEnd report_end(const StoredPlan& plan, ExitCode code) {
  ReportEnd end;
  end.exit_code = code;
  end.problems = plan.problems.size();
  end.complete = plan.complete();
  if (!plan.problems.empty()) end.first_error = describe(plan.problems.front());
  return end;
}

ExitCode end_untried(const Tools& tools, ReportFile* report, const StoredPlan& plan,
                     ReportEnd end) {
  if (report != nullptr) {
    report->begin(&plan);
    end.outcomes[static_cast<std::size_t>(Outcome::kSkipped)] = report->skip_all();
  }
  return end_report(tools, report, end);
}

ExitCode end_report(const Tools& tools, ReportFile* report, const ReportEnd& end) {
  Log& log = tools.log;
  tools.outcome = outcome_of(end);
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

}  // namespace foldersync
