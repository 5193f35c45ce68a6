// Starting a program for a person from a process that may start none itself any more.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "fs/fd.h"

namespace foldersync {

// A process that was split off before rights were given up for good (see write_nowhere_else), and
// starts what it is told to. It ends with this one, and no signal ends it before.
class Starter {
 public:
  // What it starts has `umask`. Requires: no other thread was started.
  static Result<Starter> begin(std::uint32_t umask = 0077);

  // Starts a shell command that reads `input` and writes to `terminal`, with `variables`
  // ("NAME=VALUE") besides the environment: nobody else sees these, as all see a command. One at a
  // time.
  Status start(const std::string& command, int input, int terminal,
               const std::vector<std::string>& variables = {});
  // Waits until it has ended; so long still where this program is told to stop, and then it is told
  // to end, too. The answer: its status, see wait(2). Errors: it wasn't started; kStopped.
  Result<int> wait(std::chrono::seconds after_stop = std::chrono::seconds(0));

 private:
  explicit Starter(Fd socket) : socket_(std::move(socket)) {}

  Fd socket_;
};

}  // namespace foldersync
