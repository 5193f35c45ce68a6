// What people are told on the console, and in which form.
#pragma once

#include <string>

#include "cli/console/log.h"
#include "cli/values/exit_code.h"
#include "cli/values/options.h"
#include "core/result.h"
#include "plan/plan.h"
#include "show/render.h"

namespace foldersync {

// An error as a line: "open 'private/key': Permission denied (EACCES)". Names escaped.
std::string describe(const Error& error);
// A problem of a plan likewise.
std::string describe(const Problem& problem);

// A line on standard error, after the program's name. The journal is told how urgent it is.
void tell(const std::string& line, Level level = Level::kWarning);
// Tells the error. The answer: the exit code that it means.
ExitCode fail(const Error& error);

// That no new work begins any more.
constexpr const char* kTimeIsUp = "the time of --stop-after is up";

// What standard output is called in errors.
constexpr const char* kStandardOutput = "standard output";
// Whether it is that nobody reads standard output any more, which is told to nobody.
bool has_reader_left(const Error& error);

// Whether the progress line is wanted.
bool wants_progress(const ConsoleOptions& options);
// Whether colours are wanted on standard output.
Colour colour_of(const ConsoleOptions& options);

}  // namespace foldersync
