#include "cli/app.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <utility>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/console/terminal.h"
#include "cli/history/hooks.h"
#include "cli/process/signals.h"
#include "cli/values/folders.h"
#include "cli/values/options.h"
#include "cli/walls/rights.h"
#include "core/text.h"
#include "fs/named_path.h"
#include "fs/posix_file_system.h"

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
Status take_priority(const CommonOptions& options) {
  if (!options.io_priority) return success();
  Status taken = set_io_priority(*options.io_priority);
  if (taken) return taken;
  Error error = std::move(taken).error();
  error.code = ErrorCode::kUsage;
  error.detail = error.error_number == EPERM
                     ? "--ionice: this class is only for root; try best-effort:0"
                     : "--ionice: the system does not take it";
  return error;
}

RootAttributes attributes_of(const PlanCommandOptions& plan) {
  return plan.planning.plan.xattrs ? RootAttributes::kMirrored : RootAttributes::kLeftAlone;
}
RootAttributes attributes_of(const WhyOptions& why) {
  return why.planning.plan.xattrs ? RootAttributes::kMirrored : RootAttributes::kLeftAlone;
}
RootAttributes attributes_of(const ScanOptions&) { return RootAttributes::kLeftAlone; }
template <typename Options>
RootAttributes attributes_of(const Options&) {
  return RootAttributes::kMirrored;
}

// A folder that a link of somebody else leads to is not what was meant. Whatever else is wrong with
// it is a warning.
Status judge_state_folder(const CommonOptions& options) {
  if (!options.state_folder) return success();
  FileSystem& fs = posix_file_system();
  const auto place = find_named(fs, absolute_name(*options.state_folder));
  return place || place.error().code != ErrorCode::kRefused ? success() : Status(place.error());
}

// What follows are errors that say that a file is missing which is there.
void tell_what_is_missing() {
  if (::access("/proc/self/fd", F_OK) == 0) return;
  tell(
      "/proc is not mounted here: without it neither the state folder nor attributes of what is "
      "open can be reached, and all of it will be told as missing");
}

template <typename Options>
Status make_ready(const Options& options) {
  // Before the first thread is started: each has it from the one that starts it.
  if constexpr (requires { options.common; }) {
    TRY(take_priority(options.common));
    keep_what_is_needed(attributes_of(options));
    tell_what_is_missing();
    TRY(judge_state_folder(options.common));
  }
  return success();
}

template <typename Options>
Result<ExitCode> start(const Options& options, std::uint32_t umask) {
  if constexpr (requires { options.applying; }) {
    // They keep the rights that the program was started with.
    Hooks hooks = TRY(Hooks::begin(options.applying.hooks, umask));
    TRY(make_ready(options));
    return execute(options, hooks);
  } else {
    TRY(make_ready(options));
    return execute(options);
  }
}

ExitCode start_any(const CommandOptions& any, std::uint32_t umask) {
  const auto code = std::visit([umask](const auto& options) { return start(options, umask); }, any);
  if (code) return *code;
  if (code.error().code != ErrorCode::kStopped) return fail(code.error());
  if (Signals::is_time_up()) tell(kTimeIsUp);
  return Signals::stop_code();
}

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

}  // namespace

int run_app(std::vector<std::string> arguments) {
  open_missing_streams();
  // Modes are given exactly; nothing is made wider than asked for.
  const std::uint32_t umask = ::umask(0077);
  try {
    const ParsedCommandLine parsed = parse_command_line(
        std::move(arguments), {.umask = umask,
                               .columns = screen_of(STDOUT_FILENO).value_or(Screen{}).columns,
                               .environment = environment(),
                               .jobs = job_folders_here()});
    if (parsed.options) return static_cast<int>(start_any(*parsed.options, umask));
    std::fputs(parsed.text.c_str(), parsed.exit_code == ExitCode::kDone ? stdout : stderr);
    return static_cast<int>(parsed.exit_code);
  } catch (const std::exception& failure) {
    // Out of memory, or a library without its algorithm: nothing below throws on purpose.
    tell(escaped(failure.what()));
    return static_cast<int>(ExitCode::kFailed);
  }
}

}  // namespace foldersync
