#include "cli/process/cycle_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include "fs/copy.h"

namespace foldersync {
namespace {

constexpr double kLongSeconds = 3600;

}  // namespace

Result<CycleProcess> CycleProcess::start(Signals& signals) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return system_error("pipe", errno);
  Fd reading(ends[0]);
  Fd writing(ends[1]);
  const pid_t child = signals.fork();
  if (child < 0) return system_error("fork", errno);
  return CycleProcess(child, child == 0 ? std::move(writing) : std::move(reading));
}

void CycleProcess::hand_over(std::string_view text) const {
  (void)write_all(pipe_.get(), text);  // where it fails, nobody listens any more
}

double CycleProcess::worked_seconds() const {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(child_, &clock) != 0 || ::clock_gettime(clock, &time) < 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

CycleProcess::End CycleProcess::wait(Signals& signals, const Look& look) {
  End end;
  std::array<char, 4096> buffer{};
  for (;;) {
    // What is asked for never comes too late: whatever ends a long wait, there is another one.
    if (!signals.wait_for_input(pipe_.get(), look(worked_seconds()).value_or(kLongSeconds))) {
      continue;
    }
    const ssize_t count = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    end.text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  const int status = signals.wait_for(child_);
  if (WIFEXITED(status)) end.code = static_cast<ExitCode>(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

}  // namespace foldersync
