// What is told to others of each attempt of a command: a run, or a cycle of a loop. The history.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/console/log.h"
#include "cli/history/attempt_record.h"
#include "cli/history/hooks.h"
#include "cli/process/signals.h"
#include "cli/values/options.h"
#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// The pair is absolute, or empty: not known yet.
struct AttemptsOrder {
  const char* command;  // "run", "apply"
  Hooks& hooks;
  const CommonOptions& common;
  const ApplyingOptions& applying;
  std::string source = {};
  std::string replica = {};
  std::optional<double> interval = std::nullopt;  // of a loop
  double slack_seconds = 0;                       // see NextStart
};

// One after another. Of a dry run nothing is told. Whatever can't be told is a warning.
class Attempts {
 public:
  // `order` and `fs` outlive it.
  Attempts(FileSystem& fs, AttemptsOrder order);

  // Warnings go there from now on, and not to standard error.
  void warn_to(Log& log) { log_ = &log; }

  // What became of the one under way; whoever does it sets this.
  RunOutcome& outcome() { return outcome_; }
  // What another process, which was forked in between, knows of it: handed over as text().
  [[nodiscard]] std::string text() const;
  void take(const std::string& text);

  void begin();
  // Whether it may be done. Error kRefused: the person's own command says no.
  Status run_start_hook();
  // In the process that mirrors, where it is one of its own: no hook is for it.
  void leave_hooks() { order_.hooks.give_up(); }
  // Of which folders it is, where that was not known.
  void know_pair(const std::string& source, const std::string& replica);
  // The answer: the exit code that is left to the outcome's. `next_in`: seconds until a loop begins
  // the next one.
  ExitCode end(std::optional<double> next_in = std::nullopt);

  // The one attempt of a command. Where something is written outside of the replica afterwards, it
  // is a process of its own, as a cycle is: it may write nowhere else by then. An error of it is
  // told to nobody yet. Requires: no other thread was started. Returns in that process, too.
  Result<ExitCode> once(Signals& signals, const std::function<Result<ExitCode>()>& attempt);
  // The same code or error; where that came before there was an attempt, there was one that failed.
  Result<ExitCode> or_failed(Result<ExitCode> code);

  // While a loop lives, others see it.
  void begin_loop();
  // It was told to stop, and no attempt is due any more. The answer: what became of its cycles, in
  // a sentence.
  std::string end_loop();

 private:
  [[nodiscard]] bool is_told() const { return !order_.applying.dry_run; }
  [[nodiscard]] bool is_recorded() const;
  HistoryFile* file();
  void record(const std::string& line);
  void note_failure(const Error& error);
  Result<ExitCode> in_process(Signals& signals, const std::function<Result<ExitCode>()>& attempt);
  void write_metrics();
  void run_end_hook();
  void warn(const std::string& what);

  FileSystem& fs_;
  AttemptsOrder order_;
  std::string state_;  // the folder; empty: none
  Log* log_ = nullptr;
  Attempt attempt_;
  RunOutcome outcome_;
  double started_ = 0;  // see monotonic_seconds()
  bool is_begun_ = false;
  bool has_warned_ = false;
  std::optional<HistoryFile> file_;
  Fd loop_;
  std::uint64_t cycles_ = 0;
  std::uint64_t failed_ = 0;
  std::optional<Attempt> last_failed_;
};

}  // namespace foldersync
