// The exit codes of the program; docs and README list them for people.
#pragma once

#include "core/result.h"

namespace foldersync {

enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kChangesPending = 2,  // plan --detailed-exitcode; show --diff: they differ
  kPartial = 3,         // some actions failed, or something could not be read
  kStale = 4,           // some preconditions no longer held
  kRefused = 5,         // by a safety rule, nothing touched
  kLocked = 6,          // another run holds the replica
  kUsage = 64,
  kBadPlan = 65,
  kHungUp = 129,       // SIGHUP
  kInterrupted = 130,  // SIGINT
  kReaderLeft = 141,   // nobody reads standard output any more
  kTerminated = 143,   // SIGTERM
};

// Whether a signal ended it.
inline bool is_by_signal(ExitCode code) {
  return code == ExitCode::kHungUp || code == ExitCode::kInterrupted ||
         code == ExitCode::kTerminated;
}

inline ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kRefused:
    case ErrorCode::kBadPair:
      return ExitCode::kRefused;
    case ErrorCode::kLocked:
      return ExitCode::kLocked;
    case ErrorCode::kInvalidDocument:
      return ExitCode::kBadPlan;
    case ErrorCode::kUsage:
      return ExitCode::kUsage;
    default:
      return ExitCode::kFailed;
  }
}

}  // namespace foldersync
