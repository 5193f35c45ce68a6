#include "cli/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/text.h"
#include "format/errno_name.h"

namespace foldersync {
namespace {

std::string reason_of(int error_number) {
  return std::string(": ") + std::strerror(error_number) + " (" + errno_name(error_number) + ")";
}

bool is_wanted(When when, bool by_default) {
  return when == When::kAuto ? by_default : when == When::kAlways;
}

}  // namespace

std::string describe(const Error& error) {
  std::string line = error.operation;
  if (!error.path.empty()) line += " '" + escaped(error.path) + "'";
  if (!error.detail.empty()) line += ": " + escaped(error.detail);
  return error.error_number == 0 ? line : line + reason_of(error.error_number);
}

std::string describe(const Problem& problem) {
  const std::string line =
      problem.doing + " '" + escaped(problem.path.shown()) + "' in the " + to_string(problem.side);
  if (problem.doing == "open" && problem.error_number == EAGAIN)
    return line + ": another program holds a lease on it, and is asked to give it back";
  if (problem.doing != "enter mount") return line + reason_of(problem.error_number);
  return line + ": another file system is mounted there; --cross-mounts enters it";
}

void tell(const std::string& line) { std::fprintf(stderr, "sync: %s\n", line.c_str()); }

bool has_reader_left(const Error& error) {
  return error.error_number == EPIPE && error.path == kStandardOutput;
}

ExitCode fail(const Error& error) {
  if (has_reader_left(error)) return ExitCode::kReaderLeft;
  tell(describe(error));
  return exit_code_of(error);
}

bool wants_progress(const ConsoleOptions& options) {
  return is_wanted(options.progress,
                   options.verbosity != Verbosity::kQuiet && ::isatty(STDERR_FILENO) == 1);
}

Colour colour_of(const ConsoleOptions& options) {
  const char* no_colour = std::getenv("NO_COLOR");
  const bool by_default =
      (no_colour == nullptr || *no_colour == '\0') && ::isatty(STDOUT_FILENO) == 1;
  return is_wanted(options.colour, by_default) ? Colour::kOn : Colour::kOff;
}

}  // namespace foldersync
