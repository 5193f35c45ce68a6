// Signals as facts that the program looks at when it is ready for them.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <optional>

#include "cli/values/exit_code.h"
#include "core/result.h"
#include "fs/alarm.h"

namespace foldersync {

// What SIGHUP asks for.
enum class HangUp : std::uint8_t { kStops, kReopensLog };

// While one lives: SIGINT and SIGTERM ask to stop; SIGHUP asks to reopen the log, or to stop;
// SIGUSR1 asks how far it is; SIGWINCH wakes who waits for that; SIGPIPE and SIGXFSZ are ignored.
// What the program was started to ignore (nohup, or a script's background) asks for no stop. Only
// one at a time.
class Signals {
 public:
  explicit Signals(HangUp hang_up);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // From now on, asks this process to stop after so many seconds, in suspend too.
  Status stop_after(double seconds);

  // Becomes true when the program shall stop; safe to read from any thread.
  [[nodiscard]] const std::atomic<bool>& stop() const;
  // The exit code of a program that was told to stop, also when no Signals live any more: where its
  // time is up, and no signal came, that is no failure and not all is done.
  [[nodiscard]] static ExitCode stop_code();
  [[nodiscard]] static bool is_told_to_stop();
  [[nodiscard]] static bool is_time_up();
  // Whether the log shall be reopened; asking resets it.
  bool take_reopen();
  // Whether somebody asks how far it is; asking resets it. Any thread.
  [[nodiscard]] bool take_progress_wish() const;
  // Whether somebody has asked, and this process has taken it on itself to answer.
  [[nodiscard]] bool has_answered() const;
  // Waits so many seconds, or until somebody asks, the terminal has another size, or wake() was
  // called: whether `ended` is not set. Any thread, but one at a time. No system call that could
  // fail is needed to end it.
  [[nodiscard]] bool wait_for_wish(const std::atomic<bool>& ended,
                                   std::optional<double> seconds) const;
  void wake() const;
  // When nobody waits for wishes any more: what was to wake him wakes nobody who does so later, but
  // for a question that has no answer yet.
  void forget_wakes() const;

  // As fork(2). What asks this process to stop, or how far it is, asks the new one, which is killed
  // when this one ends. Requires: no other thread was started, and wait_for() was called for an
  // earlier one.
  [[nodiscard]] pid_t fork();
  // Waits until that process ends. The answer: its status, see wait(2).
  int wait_for(pid_t child);

  // Waits so many seconds, or less where a signal comes. Time in suspend does not count.
  void wait(double seconds) const;
  // Likewise, or less where `fd` can be read or has come to its end: whether it is that.
  [[nodiscard]] bool wait_for_input(int fd, double seconds) const;
  // Waits until then, or less where a signal comes, or the system can't wait for it.
  void wait(const Alarm& alarm) const;
  // Waits until `fd` can be read, or has come to its end. False: until the program shall stop.
  [[nodiscard]] bool wait_for_input(int fd) const;

 private:
  static constexpr std::array kHandled{SIGINT,  SIGTERM, SIGHUP,  SIGUSR1,
                                       SIGPIPE, SIGXFSZ, SIGWINCH};

  std::array<struct sigaction, kHandled.size()> before_{};
  std::optional<timer_t> timer_;
};

}  // namespace foldersync
