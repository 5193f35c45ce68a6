// A cycle of a loop as a process of its own, which gives up what it doesn't need and ends.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/process/signals.h"
#include "cli/values/exit_code.h"
#include "core/result.h"
#include "fs/fd.h"

namespace foldersync {

class CycleProcess {
 public:
  // Returns in both processes. The new one has all that is open, and knows all that is known here;
  // what stops this one stops it, and it does not outlive this one. Requires: there is one thread.
  static Result<CycleProcess> start(Signals& signals);

  [[nodiscard]] bool is_cycle() const { return child_ == 0; }

  // In the new process, before it ends: what the other one shall know of it.
  void hand_over(std::string_view text) const;

  struct End {
    std::optional<ExitCode> code;  // nothing: it ended by a signal
    int signal = 0;
    std::string text;  // that was handed over
  };
  // In the other one: waits for the end. Meanwhile `look` is called at first, when a signal came,
  // and after as many seconds as it answered. Its argument: the seconds that processors have worked
  // for the cycle; of a thread that waits for a call of its own they don't go on.
  using Look = std::function<std::optional<double>(double)>;
  End wait(
      Signals& signals, const Look& look = [](double) { return std::nullopt; });

 private:
  CycleProcess(pid_t child, Fd pipe) : child_(child), pipe_(std::move(pipe)) {}
  [[nodiscard]] double worked_seconds() const;

  pid_t child_;
  Fd pipe_;  // the end of this process
};

}  // namespace foldersync
