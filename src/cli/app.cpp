#include "cli/app.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <utility>

#include "cli/apply_command.h"
#include "cli/options.h"
#include "cli/plan_command.h"
#include "cli/recover_command.h"
#include "cli/run_command.h"
#include "cli/scan_command.h"
#include "cli/session.h"
#include "cli/show_command.h"
#include "core/text.h"

namespace foldersync {
namespace {

// A stream that is closed would give its number to the next file that is opened.
void open_missing_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd) return;
  }
}

// An error is one of usage: who may not have what they ask for learns it before any work.
Status take_priority(const Settings& settings) {
  if (!settings.io_priority) return success();
  Status taken = set_io_priority(*settings.io_priority);
  if (taken) return taken;
  Error error = std::move(taken).error();
  error.code = ErrorCode::kUsage;
  error.detail = error.error_number == EPERM
                     ? "--ionice: this class is only for root; try best-effort:0"
                     : "--ionice: the system does not take it";
  return error;
}

ExitCode run_command_of(const Settings& settings) {
  // Before the first thread is started: each has it from the one that starts it.
  if (const Status taken = take_priority(settings); !taken) {
    std::fprintf(stderr, "sync: %s\n", describe(taken.error()).c_str());
    return exit_code_of(taken.error());
  }
  if (settings.command == Command::kShow) return show_command(settings);
  auto session = Session::start(settings);
  if (!session) {
    std::fprintf(stderr, "sync: %s\n", describe(session.error()).c_str());
    return exit_code_of(session.error());
  }
  switch (settings.command) {
    case Command::kRun:
      return run_command(**session);
    case Command::kPlan:
      return plan_command(**session);
    case Command::kApply:
      return apply_command(**session);
    case Command::kScan:
      return scan_command(**session);
    case Command::kRecover:
      return recover_command(**session);
    case Command::kShow:
      break;  // needs no session
  }
  return ExitCode::kFailed;
}

}  // namespace

int run_app(std::vector<std::string> arguments) {
  open_missing_streams();
  // Modes are given exactly; nothing is made wider than asked for.
  ::umask(0077);
  try {
    const ParsedCommandLine parsed = parse_command_line(std::move(arguments));
    if (parsed.settings) return static_cast<int>(run_command_of(*parsed.settings));
    std::fputs(parsed.text.c_str(), parsed.exit_code == ExitCode::kDone ? stdout : stderr);
    return static_cast<int>(parsed.exit_code);
  } catch (const std::exception& failure) {
    // Out of memory, or a library without its algorithm: nothing below throws on purpose.
    std::fprintf(stderr, "sync: %s\n", escaped(failure.what()).c_str());
    return static_cast<int>(ExitCode::kFailed);
  }
}

}  // namespace foldersync
