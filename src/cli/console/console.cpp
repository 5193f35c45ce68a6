#include "cli/console/console.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cli/console/journal.h"
#include "core/program_name.h"
#include "core/text.h"
#include "show/advice.h"

namespace foldersync {
namespace {

bool is_wanted(When when, bool by_default) {
  return when == When::kAuto ? by_default : when == When::kAlways;
}

}  // namespace

std::string describe(const Error& error) {
  std::string line = error.operation;
  if (!error.path.empty()) line += " '" + escaped(error.path) + "'";
  if (error.error_number == 0)
    return error.detail.empty() ? line : line + ": " + escaped(error.detail);
  if (error.detail.empty()) return line + ": " + reason_of(error.operation, error.error_number);
  return line + ": " + escaped(error.detail) + ": " + reason_of({}, error.error_number);
}

std::string describe(const Problem& problem) {
  return problem.doing + " '" + escaped(problem.path.shown()) + "' in the " +
         to_string(problem.side) + ": " + reason_of(problem.doing, problem.error_number);
}

void tell(const std::string& line, Level level) {
  const std::string prefix(goes_to_journal(STDERR_FILENO) ? journal_prefix(level) : "");
  std::fprintf(stderr, "%s%s: %s\n", prefix.c_str(), program_name().c_str(), line.c_str());
}

bool has_reader_left(const Error& error) {
  return error.error_number == EPIPE && error.path == kStandardOutput;
}

ExitCode fail(const Error& error) {
  if (has_reader_left(error)) return ExitCode::kReaderLeft;
  tell(describe(error), Level::kError);
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
