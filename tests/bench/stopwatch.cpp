// Runs a command and writes what it cost. A program of its own, because a process that is started
// from Python counts Python's memory as its own.
//
// Usage: stopwatch REPORT COMMAND...
// Writes one line to REPORT: wall seconds, CPU seconds, peak KiB. CPU seconds are those of the
// command and all processes it waited for, the peak is that of the largest of them. Exits with the
// command's exit code, 128 and the signal's number if one ended it.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: %s REPORT COMMAND...\n", arguments[0]);
    return 64;
  }
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(arguments[2], arguments + 2);
    std::perror(arguments[2]);
    _exit(127);
  }
  int status = 0;
  rusage usage = {};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    std::perror("stopwatch");
    return 1;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;

  std::FILE* report = std::fopen(arguments[1], "w");
  if (report == nullptr) {
    std::perror(arguments[1]);
    return 1;
  }
  std::fprintf(report, "%.6f %.6f %ld\n", wall.count(),
               seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
  if (std::fclose(report) != 0) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
