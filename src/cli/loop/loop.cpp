#include "cli/loop/loop.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "cli/console/console.h"
#include "cli/loop/schedule.h"
#include "cli/process/cycle_process.h"
#include "core/hash.h"
#include "core/text.h"
#include "fs/clock.h"

namespace foldersync {
namespace {

// What is carried from one cycle to the next, see Carried.
constexpr const char* kReaderLeft = "reader left";
constexpr const char* kLogFails = "the log can't be written";
constexpr const char* kAnswered = "told how far it is";
constexpr const char* kOutcome = "outcome";

}  // namespace

ExitCode Loop::run(double interval) {
  PastCycle cycle{.due = boot_seconds()};
  known_problems_ = KnownProblems::in({tools_.state.folder(), "/tmp"});
  parts_.attempts.begin_loop();
  load_hashing();  // once, and not in each cycle
  for (;;) {
    if (!wait_for_start(cycle.due)) {
      tell_end();
      return ExitCode::kDone;
    }
    cycle.began = boot_seconds();
    parts_.attempts.begin();
    const Status allowed = parts_.attempts.run_start_hook();
    const ExitCode code = allowed ? cycle_in_process() : parts_.fail(allowed.error());
    if (is_cycle_) return code;
    parts_.attempts.outcome().exit_code = code;
    status_.cycle_ended(parts_.attempts.outcome());
    cycle.ended = boot_seconds();
    cycle.due = next_due(cycle, interval);
    (void)parts_.attempts.end(std::max(cycle.due - cycle.ended, 0.0));
    if (tools_.signals.stop()) {
      tell_end();
      return is_by_signal(code) ? code : ExitCode::kDone;
    }
    if (has_reader_left()) {
      (void)parts_.attempts.end_loop();
      return code;
    }
  }
}

void Loop::tell_end() {
  status_.stops();
  tools_.log.info("told to stop: " + parts_.attempts.end_loop());
}

// Also of an earlier cycle, which had the same streams.
bool Loop::has_reader_left() {
  Carried& carried = tools_.state.carried();
  if (tools_.log.console_state() == ConsoleState::kReaderLeft) carried.set(kReaderLeft, "yes");
  return !carried.get(kReaderLeft).empty();
}

bool Loop::wait_for_start(double due) {
  const bool is_time = start_.wait(due, [this](double left) {
    reopen_log();
    return status_.waits(left);
  });
  reopen_log();
  return is_time;
}

void Loop::reopen_log() {
  if (!tools_.signals.take_reopen()) return;
  parts_.service.reloading();
  tools_.log.flush();
  if (Status reopened = tools_.log.reopen(); !reopened)
    tools_.log.error(describe(reopened.error()));
  has_reopened_ = true;
  forget_problems(tools_.state.carried());
  parts_.service.reloaded();
}

// The cycle goes on writing to the files that it has.
std::optional<double> Loop::look_at_cycle(double worked_seconds) {
  reopen_log();
  if (tools_.signals.stop()) status_.stops();
  return status_.cycle_goes_on(worked_seconds);
}

ExitCode Loop::cycle() {
  if (known_problems_ == nullptr) return parts_.cycle();
  Carried& carried = tools_.state.carried();
  known_problems_->begin(carried);
  tools_.log.filter_problems(known_problems_.get());
  const ExitCode code = parts_.cycle();
  tools_.log.filter_problems(nullptr);
  const bool came_to_its_end =
      code == ExitCode::kDone || code == ExitCode::kPartial || code == ExitCode::kStale;
  known_problems_->end(tools_.log, carried, came_to_its_end && !tools_.signals.stop());
  return code;
}

// The next cycle finds other folders, perhaps, and this one gives up for good to write elsewhere.
ExitCode Loop::cycle_in_process() {
  if (const auto end = reopen_files()) return *end;
  tools_.log.flush();
  tools_.progress.begin();
  auto process = CycleProcess::start(tools_.signals);
  if (!process) return parts_.fail(process.error());
  is_cycle_ = process->is_cycle();
  if (is_cycle_) {
    parts_.attempts.leave_hooks();
    const ExitCode code = cycle();
    (void)has_reader_left();
    tools_.log.flush();
    tools_.state.carried().set(kLogFails, tools_.log.file_fails() ? "yes" : "");
    tools_.state.carried().set(kAnswered, tools_.signals.has_answered() ? "yes" : "");
    tools_.state.carried().set(kOutcome, parts_.attempts.text());
    process->hand_over(tools_.state.carried().text());
    return code;
  }
  has_reopened_ = false;
  status_.cycle_begins();
  const auto end =
      process->wait(tools_.signals, [this](double worked) { return look_at_cycle(worked); });
  tools_.state.carried().take(end.text);
  parts_.attempts.take(tools_.state.carried().get(kOutcome));
  if (has_reopened_) forget_problems(tools_.state.carried());
  tools_.log.know_file_fails(!tools_.state.carried().get(kLogFails).empty());
  // Who asked a cycle that had no time to answer is answered between two.
  if (!tools_.state.carried().get(kAnswered).empty()) (void)tools_.signals.take_progress_wish();
  return end.code ? *end.code : fail_killed(end.signal);
}

ExitCode Loop::fail_killed(int signal) {
  // What it was writing has an end by that.
  if (parts_.report != nullptr) (void)parts_.report->reopen();
  return parts_.fail(system_error("run", 0,
                                  "the process of this cycle was ended by signal " +
                                      std::to_string(signal) + " (" + ::strsignal(signal) +
                                      "): the next run goes on from there"));
}

std::optional<ExitCode> Loop::reopen_files() {
  const auto reopened = tools_.log.reopen_if_moved();
  if (!reopened) tools_.log.error(describe(reopened.error()));
  // Who reads the new file finds them in it.
  if (reopened && *reopened) forget_problems(tools_.state.carried());
  if (parts_.report == nullptr) return std::nullopt;
  if (Status report = parts_.report->reopen(); !report) {
    tools_.log.error(describe(report.error()));
    tools_.outcome.error = describe(report.error());
    return exit_code_of(report.error());
  }
  return std::nullopt;
}

}  // namespace foldersync
