// Cycles one after another, each in a process of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "cli/console/report_file.h"
#include "cli/cycle/cycle.h"
#include "cli/history/attempts.h"
#include "cli/kept/known_problems.h"
#include "cli/loop/loop_status.h"
#include "cli/loop/start_wait.h"
#include "cli/process/service.h"
#include "cli/values/exit_code.h"
#include "core/result.h"

namespace foldersync {

// What the loop has others do.
struct LoopParts {
  const Tools& tools;
  Service& service;
  Attempts& attempts;            // whom each cycle is told to
  StartOptions start;            // when each begins
  const char* begins = nullptr;  // what it is called that begins, see StartWait
  ReportFile* report = nullptr;  // null: none is wanted
  std::function<ExitCode()> cycle;
  std::function<ExitCode(const Error&)> fail;  // tells why there is no cycle
};

// What it touches outlives it.
class Loop {
 public:
  explicit Loop(LoopParts parts)
      : parts_(std::move(parts)),
        tools_(parts_.tools),
        start_(parts_.start, tools_, parts_.begins),
        status_(parts_.service, tools_.progress) {}

  // Start to start, every so many seconds until told to stop; a cycle that overruns is followed at
  // once by one cycle, never by two. Returns in the process of each cycle too.
  ExitCode run(double interval);
  // Waits until what is due then, see boot_seconds(), may begin. False: it shall stop.
  bool wait_for_start(double due);
  // Opens log and report again where that is needed. Nothing: a cycle can begin.
  std::optional<ExitCode> reopen_files();

 private:
  ExitCode cycle_in_process();
  ExitCode cycle();
  std::optional<double> look_at_cycle(double worked_seconds);
  bool has_reader_left();
  void tell_end();
  void reopen_log();
  ExitCode fail_killed(int signal);

  LoopParts parts_;
  const Tools& tools_;
  StartWait start_;
  std::unique_ptr<KnownProblems> known_problems_;
  LoopStatus status_;
  bool has_reopened_ = false;  // the log, since the cycle began
  bool is_cycle_ = false;      // this process is a cycle's, and not the loop's
};

}  // namespace foldersync
