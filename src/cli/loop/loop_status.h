// What a loop says of itself to the service manager: what its cycle does, how the last ones ended,
// and when the next one begins.
#pragma once

#include <optional>
#include <string>

#include "cli/console/terminal.h"
#include "cli/history/run_outcome.h"
#include "cli/process/service.h"
#include "core/file_time.h"

namespace foldersync {

// How the last cycles ended. Pure.
class EndedCycles {
 public:
  void add(const RunOutcome& outcome, FileTime when);

  // How many in a row failed, up to the last one.
  [[nodiscard]] int failed() const { return failed_; }
  // "done: unchanged 3, 0.01 s", or "3 cycles in a row failed since 2026-11-30T22:10:05Z, the last
  // with exit code 5: ...". Empty: none has ended.
  [[nodiscard]] std::string text() const;

 private:
  int failed_ = 0;
  FileTime since_;  // of those
  std::string how_;
};

// Whether a cycle works, by the processor time that it has used: a thread that waits for a call
// uses none, and a thread that works does. Pure; all in seconds.
class Movement {
 public:
  Movement() = default;
  explicit Movement(double now) : moved_(now) {}

  // `used`: since the cycle began. Whether it has used any since this was asked last.
  bool has_moved(double used, double now);
  // How long it has used none.
  [[nodiscard]] double idle(double now) const { return now - moved_; }

 private:
  double used_ = 0;
  double moved_ = 0;
};

// "2026-11-30T22:10:05Z". Pure.
std::string clock_text(FileTime time);

// What of a cycle's work is done: "comparing", or "applying, 42 %: " and the progress line. Pure.
std::string work_text(const Progressed& now, const Estimate& estimate);

class LoopStatus {
 public:
  // Both outlive it.
  LoopStatus(Service& service, const ProgressCounts& counts) : service_(service), counts_(counts) {}

  void cycle_begins();
  // While the cycle lasts, `used` being its processor time in seconds. The answer: the seconds
  // until this shall be asked again; nothing: never.
  std::optional<double> cycle_goes_on(double used);
  void cycle_ended(const RunOutcome& outcome);
  // Between two cycles, `left` seconds before the next one. The answer as above.
  std::optional<double> waits(double left);
  void stops();  // is told to

  [[nodiscard]] const EndedCycles& ended() const { return ended_; }

 private:
  [[nodiscard]] std::optional<double> pulse() const;
  [[nodiscard]] double longest_idle() const;

  Service& service_;
  const ProgressCounts& counts_;
  EndedCycles ended_;
  Movement movement_;
  Estimate estimate_;
  FileTime moved_at_;
  std::optional<FileTime> next_;  // cycle
  bool has_stopped_ = false;
};

}  // namespace foldersync
