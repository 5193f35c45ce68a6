// Starting a program for a person from a process that may start none itself any more.
#pragma once

#include <chrono>
#include <string>

#include "cli/signals.h"
#include "core/result.h"
#include "fs/fd.h"

namespace foldersync {

// A process that was split off before rights were given up for good (see write_nowhere_else), and
// starts what it is told to. It ends with this one, and no signal ends it before.
class Starter {
 public:
  // Requires: no other thread was started.
  static Result<Starter> begin();

  // Starts a shell command that reads `input` and writes to `terminal`. One at a time.
  Status start(const std::string& command, int input, int terminal);
  // Waits until it has ended. The answer: its status, see wait(2). Errors: it wasn't started;
  // kStopped: a signal came, and it is told to end when this process does.
  Result<int> wait(const Signals& signals);
  // The same, but a signal only bounds the time that is left to it.
  Result<int> wait_on(std::chrono::seconds after_stop);

 private:
  Result<int> take_status();

  explicit Starter(Fd socket) : socket_(std::move(socket)) {}

  Fd socket_;
};

}  // namespace foldersync
