#include "cli/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdint>

namespace foldersync {
namespace {

// A signal handler can reach nothing but statics.
struct Received {
  std::atomic<bool> stop{false};
  std::atomic<int> stop_signal{0};
  std::atomic<bool> reopen{false};
  std::atomic<bool> hangup_reopens{false};
  std::atomic<int> event{-1};
};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

Received& received() {
  static Received state;
  return state;
}

void handle(int number) {
  const int saved = errno;
  Received& state = received();
  if (number == SIGHUP && state.hangup_reopens) {
    state.reopen = true;
  } else {
    int none = 0;
    state.stop_signal.compare_exchange_strong(none, number == SIGHUP ? SIGTERM : number);
    state.stop = true;
  }
  const std::uint64_t one = 1;
  (void)!::write(state.event, &one, sizeof one);
  errno = saved;
}

void install(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

}  // namespace

Signals::Signals(HangUp hang_up) {
  Received& state = received();
  state.stop = false;
  state.stop_signal = 0;
  state.reopen = false;
  state.hangup_reopens = hang_up == HangUp::kReopensLog;
  state.event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) install(number, handle);
  for (const int number : {SIGPIPE, SIGXFSZ}) install(number, SIG_IGN);
}

Signals::~Signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) install(number, SIG_DFL);
  ::close(received().event.exchange(-1));
}

const std::atomic<bool>& Signals::stop() const { return received().stop; }
ExitCode Signals::stop_code() {
  return received().stop_signal == SIGINT ? ExitCode::kInterrupted : ExitCode::kTerminated;
}
bool Signals::take_reopen() { return received().reopen.exchange(false); }

void Signals::wait(double seconds) const {
  pollfd event{received().event, POLLIN, 0};
  const double milliseconds = std::ceil(std::clamp(seconds, 0.0, 2'000'000.0) * 1000);
  if (::poll(&event, 1, static_cast<int>(milliseconds)) > 0) {
    std::uint64_t count = 0;
    (void)!::read(event.fd, &count, sizeof count);
  }
}

bool Signals::wait_for_input(int fd) const {
  while (!stop()) {
    std::array<pollfd, 2> events{{{received().event, POLLIN, 0}, {fd, POLLIN, 0}}};
    if (::poll(events.data(), events.size(), -1) < 0) continue;
    if (stop()) return false;
    std::uint64_t count = 0;
    if (events[0].revents != 0) (void)!::read(events[0].fd, &count, sizeof count);
    if (events[1].revents != 0) return true;
  }
  return false;
}

}  // namespace foldersync
