// A command that runs under ptrace, with all its threads and children, and stops at system calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "file_calls.h"

namespace call_stopper {

enum class Intervention : std::uint8_t {
  kNone,
  kKillBefore,  // the call is not executed
  kKillAfter,   // the call has returned
  kSignal,      // the command gets a signal, and the call is executed
  kFailOnce,    // the call is not executed and returns an error
  kFailAlways,  // so does every one after it
};

struct Orders {
  std::vector<const FileCall*> calls;  // the calls of interest, not empty
  std::string from;                    // they count from the first that names a path like this on
  Intervention intervention = Intervention::kNone;
  std::uint64_t at = 0;  // the number of the call to intervene at, from 1 on
  int error = 0;         // the errno of calls that fail
  int signal = 0;        // the one that is sent
  int trace = -1;        // where each call of interest is written, a descriptor; -1 for nowhere
};

struct Outcome {
  int exit_code = 0;        // of the command; 128 and the signal's number where one ended it
  std::uint64_t calls = 0;  // calls of interest that were begun
};

// Runs the command to its end, or to the end that the orders mean for it: when this returns, none
// of its processes is left. Throws std::system_error where it can't be traced.
//
// A kill is SIGKILL to every process of the command while the call is held; other threads of it may
// finish the call that they are in, as with any kill. One at a time in a process.
Outcome run_traced(const Orders& orders, char* const* command);

}  // namespace call_stopper
