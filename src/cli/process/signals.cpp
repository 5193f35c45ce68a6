#include "cli/process/signals.h"

#include <poll.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace foldersync {
namespace {

// A signal handler can reach nothing but statics.
struct Received {
  std::atomic<bool> stop{false};
  std::atomic<int> stop_signal{0};
  std::atomic<bool> time_is_up{false};
  std::atomic<bool> reopen{false};
  std::atomic<bool> progress_wish{false};
  std::atomic<bool> has_answered{false};
  std::atomic<bool> hangup_reopens{false};
  std::atomic<int> event{-1};
  sem_t wish{};                 // which wakes by no call that could fail
  std::atomic<pid_t> child{0};  // is told as well; 0: there is none
  bool is_forked = false;
};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

Received& received() {
  static Received state;
  return state;
}

void handle(int number) {
  const int saved = errno;
  Received& state = received();
  const pid_t child = state.child;
  const bool is_reopening = number == SIGHUP && state.hangup_reopens;
  // It may have come to the whole group: a second one changes nothing.
  if (child > 0 && !is_reopening) ::kill(child, number);
  const std::uint64_t one = 1;
  if (number == SIGUSR1) {
    state.progress_wish = true;
    ::sem_post(&state.wish);
  } else if (is_reopening) {
    state.reopen = true;
  } else {
    int none = 0;
    state.stop_signal.compare_exchange_strong(none, number);
    state.stop = true;
  }
  (void)!::write(state.event, &one, sizeof one);
  errno = saved;
}

// The terminal tells each process of it.
void handle_resize(int) {
  const int saved = errno;
  ::sem_post(&received().wish);
  errno = saved;
}

void handle_time_up(int) {
  const int saved = errno;
  received().time_is_up = true;
  received().stop = true;
  const std::uint64_t one = 1;
  (void)!::write(received().event, &one, sizeof one);
  errno = saved;
}

int make_event() { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// While one lives, no signal comes.
class Blocked {
 public:
  Blocked() {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, &before_);
  }
  ~Blocked() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Blocked(const Blocked&) = delete;
  Blocked& operator=(const Blocked&) = delete;

 private:
  sigset_t before_{};
};

int milliseconds(double seconds) {
  return static_cast<int>(std::ceil(std::clamp(seconds, 0.0, 2'000'000.0) * 1000));
}

// Until `event` is set, which resets it, or `fd` can be read, unless it is -1: whether it can.
bool wait_for_either(int event, int fd, int milliseconds) {
  std::array<pollfd, 2> events{{{event, POLLIN, 0}, {fd, POLLIN, 0}}};
  if (::poll(events.data(), events.size(), milliseconds) <= 0) return false;
  std::uint64_t count = 0;
  if (events[0].revents != 0) (void)!::read(event, &count, sizeof count);
  return events[1].revents != 0;
}

struct sigaction action_of(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return action;
}

bool is_ignored(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Signals::Signals(HangUp hang_up) {
  Received& state = received();
  state.stop = false;
  state.stop_signal = 0;
  state.time_is_up = false;
  state.reopen = false;
  state.hangup_reopens = hang_up == HangUp::kReopensLog;
  state.event = make_event();
  ::sem_init(&state.wish, 0, 0);
  const struct sigaction handled = action_of(handle);
  const struct sigaction ignored = action_of(SIG_IGN);
  const struct sigaction resized = action_of(handle_resize);
  for (std::size_t at = 0; at < kHandled.size(); ++at) {
    const int number = kHandled[at];
    const bool is_request = number == SIGUSR1 || (number == SIGHUP && state.hangup_reopens);
    const bool is_noise = number == SIGPIPE || number == SIGXFSZ;
    const struct sigaction& action = number == SIGWINCH ? resized : is_noise ? ignored : handled;
    ::sigaction(number, &action, &before_[at]);
    if (is_ignored(before_[at]) && !is_request) ::sigaction(number, &ignored, nullptr);
  }
}

Signals::~Signals() {
  if (timer_) ::timer_delete(*timer_);
  // A process that has done what it was forked for ends as it would have.
  for (std::size_t at = 0; at < kHandled.size() && !received().is_forked; ++at) {
    ::sigaction(kHandled[at], &before_[at], nullptr);
  }
  ::close(received().event.exchange(-1));
}

const std::atomic<bool>& Signals::stop() const { return received().stop; }
bool Signals::is_told_to_stop() { return received().stop; }
bool Signals::is_time_up() { return received().time_is_up && received().stop_signal == 0; }
ExitCode Signals::stop_code() {
  return is_time_up() ? ExitCode::kPartial : static_cast<ExitCode>(128 + received().stop_signal);
}
Status Signals::stop_after(double seconds) {
  const struct sigaction action = action_of(handle_time_up);
  ::sigaction(SIGALRM, &action, nullptr);
  timer_t timer{};
  // It names SIGALRM where it is told nothing else.
  if (::timer_create(CLOCK_BOOTTIME, nullptr, &timer) < 0)
    return system_error("make a timer", errno);
  timer_ = timer;
  itimerspec times{};
  times.it_value.tv_sec = static_cast<std::time_t>(seconds);
  const double rest = seconds - static_cast<double>(times.it_value.tv_sec);
  times.it_value.tv_nsec = std::max(1L, static_cast<long>(rest * 1e9));
  if (::timer_settime(timer, 0, &times, nullptr) < 0) return system_error("set a timer", errno);
  return success();
}
bool Signals::take_reopen() { return received().reopen.exchange(false); }
bool Signals::take_progress_wish() const {
  const bool is_wished = received().progress_wish.exchange(false);
  if (is_wished) received().has_answered = true;
  return is_wished;
}
bool Signals::has_answered() const { return received().has_answered; }

pid_t Signals::fork() {
  Received& state = received();
  const pid_t parent = ::getpid();
  // What comes meanwhile comes afterwards to this process, which knows the new one by then.
  const Blocked blocked;
  const pid_t child = ::fork();
  if (child > 0) state.child = child;
  if (child != 0) return child;
  state.is_forked = true;
  state.has_answered = false;
  ::close(state.event.exchange(make_event()));
  ::sem_init(&state.wish, 0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // it ended before
  return 0;
}

int Signals::wait_for(pid_t child) {
  const auto id = static_cast<id_t>(child);
  siginfo_t ended{};
  while (::waitid(P_PID, id, &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  received().child = 0;  // its number is not given to others before it is asked for its status
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

bool Signals::wait_for_wish(const std::atomic<bool>& ended, std::optional<double> seconds) const {
  if (ended) return false;
  if (!seconds) {
    (void)::sem_wait(&received().wish);
    return !ended;
  }
  timespec until{};
  ::clock_gettime(CLOCK_MONOTONIC, &until);
  const auto step = static_cast<long>(*seconds * 1e9) + until.tv_nsec;
  constexpr long kSecond = 1'000'000'000;
  until.tv_sec += step / kSecond;
  until.tv_nsec = step % kSecond;
  (void)::sem_clockwait(&received().wish, CLOCK_MONOTONIC, &until);
  return !ended;
}

void Signals::wake() const { ::sem_post(&received().wish); }

void Signals::forget_wakes() const {
  while (::sem_trywait(&received().wish) == 0) {
  }
  if (received().progress_wish) wake();
}

void Signals::wait(double seconds) const { (void)wait_for_input(-1, seconds); }

bool Signals::wait_for_input(int fd, double seconds) const {
  return wait_for_either(received().event, fd, milliseconds(seconds));
}

void Signals::wait(const Alarm& alarm) const {
  constexpr double kLookAgainSeconds = 1;
  if (alarm.descriptor() < 0) return wait(kLookAgainSeconds);
  (void)wait_for_either(received().event, alarm.descriptor(), -1);
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
