#include "cli/process/service.h"

#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace foldersync {
namespace {

constexpr const char* kSocket = "NOTIFY_SOCKET";
constexpr std::size_t kLongestLine = 1000;  // a message of more than 4 KiB is ignored as a whole

void wake(int) {}

// While one lives, a call that waits ends with EINTR, again and again.
class Impatience {
 public:
  Impatience() {
    struct sigaction action {};
    action.sa_handler = wake;  // without SA_RESTART
    sigemptyset(&action.sa_mask);
    ::sigaction(signal_, &action, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = signal_;
    has_timer_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    constexpr timespec kTenth{0, 100'000'000};
    const itimerspec tenths{kTenth, kTenth};
    is_set_ = has_timer_ && ::timer_settime(timer_, 0, &tenths, nullptr) == 0;
  }
  ~Impatience() {
    if (has_timer_) ::timer_delete(timer_);
  }
  Impatience(const Impatience&) = delete;
  Impatience& operator=(const Impatience&) = delete;

  [[nodiscard]] bool is_set() const { return is_set_; }

 private:
  const int signal_ = SIGRTMIN;  // which nothing else uses

  timer_t timer_{};
  bool has_timer_ = false;
  bool is_set_ = false;
};

std::string cut(std::string line) {
  if (line.size() <= kLongestLine) return line;
  std::size_t end = kLongestLine;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  line.resize(end);
  return line + "...";
}

}  // namespace

Service::Service() : listens_(std::getenv(kSocket) != nullptr) {
  std::uint64_t microseconds = 0;
  if (listens_ && ::sd_watchdog_enabled(0, &microseconds) > 0) {
    patience_ = static_cast<double>(microseconds) / 1e6;
  }
}

void Service::ready() { send("READY=1"); }

void Service::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void Service::stopping() { send("STOPPING=1"); }

void Service::alive() {
  if (patience_) send("WATCHDOG=1");
}

void Service::status(const std::string& line) {
  if (line == status_) return;
  status_ = line;
  send("STATUS=" + cut(line));
}

void Service::hide_from_programs() {
  for (const char* name : {kSocket, "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
}

// Whatever goes wrong here is no reason to mirror nothing.
void Service::send(const std::string& message) const {
  if (!listens_) return;
  const Impatience impatience;
  if (impatience.is_set()) (void)::sd_notify(0, message.c_str());
}

}  // namespace foldersync
