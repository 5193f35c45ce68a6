#include "cli/process/starter.h"

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/process/service.h"
#include "cli/process/signals.h"
#include "core/parts.h"

namespace foldersync {
namespace {

constexpr int kNotStarted = -1;
constexpr std::size_t kStreams = 2;  // what it reads, and where it writes
constexpr std::size_t kLongestOrder = 64 * 1024;

// A message that hands over descriptors.
struct Message {
  explicit Message(iovec& text) {
    header.msg_iov = &text;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }

  alignas(cmsghdr) std::array<char, CMSG_SPACE(kStreams * sizeof(int))> control{};
  msghdr header{};
};

Status send(int socket, std::string order, const std::array<int, kStreams>& streams) {
  iovec text{order.data(), order.size()};
  Message message(text);
  cmsghdr* const part = CMSG_FIRSTHDR(&message.header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof streams);
  std::memcpy(CMSG_DATA(part), streams.data(), sizeof streams);
  while (::sendmsg(socket, &message.header, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return system_error("send", errno);
  }
  return success();
}

struct Order {
  std::string text;  // variables and then the command, with zero bytes between them
  std::array<Fd, kStreams> streams;
};

// False where nobody gives orders any more. An order that did not come whole has no streams.
bool receive(int socket, Order& order) {
  order.text.resize(kLongestOrder);
  iovec text{order.text.data(), order.text.size()};
  Message message(text);
  ssize_t count = -1;
  do {
    count = ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  // Where there are too few descriptors, some are left out, and some may come.
  std::vector<Fd> come;
  const cmsghdr* const part = CMSG_FIRSTHDR(&message.header);
  if (part != nullptr && part->cmsg_type == SCM_RIGHTS) {
    std::array<int, kStreams> numbers{};
    const std::size_t bytes = std::min(part->cmsg_len - CMSG_LEN(0), sizeof numbers);
    std::memcpy(numbers.data(), CMSG_DATA(part), bytes);
    for (std::size_t at = 0; at < bytes / sizeof(int); ++at) come.emplace_back(numbers[at]);
  }
  constexpr int kCut = MSG_TRUNC | MSG_CTRUNC;
  const bool is_whole = (message.header.msg_flags & kCut) == 0 && come.size() == kStreams;
  for (std::size_t at = 0; is_whole && at < kStreams; ++at) order.streams[at] = std::move(come[at]);
  order.text.resize(static_cast<std::size_t>(count));
  return true;
}

// How a program is started; not at all where some of it could not be said.
class SpawnOrder {
 public:
  SpawnOrder() {
    take(::posix_spawn_file_actions_init(&files_));
    take(::posix_spawnattr_init(&attributes_));
  }
  ~SpawnOrder() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&files_);
  }
  SpawnOrder(const SpawnOrder&) = delete;
  SpawnOrder& operator=(const SpawnOrder&) = delete;

  void stream(int from, int to) {
    if (from < 0) return take(EBADF);
    take(::posix_spawn_file_actions_adddup2(&files_, from, to));
  }
  void usual(const std::vector<int>& signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : signals) sigaddset(&set, number);
    take(::posix_spawnattr_setsigdefault(&attributes_, &set));
    take(::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF));
  }
  // -1: it was not started.
  pid_t start(const char* program, char* const* arguments) {
    pid_t child = -1;
    if (failed_ == 0) {
      take(::posix_spawn(&child, program, &files_, &attributes_, arguments, environ));
    }
    return failed_ == 0 ? child : -1;
  }

 private:
  void take(int failed) {
    if (failed_ == 0) failed_ = failed;
  }

  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
  int failed_ = 0;  // the first error
};

// Sets what an order says to set while it lives.
class Variables {
 public:
  // Takes them off the front of `order`, which must outlive the object.
  explicit Variables(std::string_view& order) {
    while (order.find('\0') != std::string_view::npos) {
      std::string variable(take_until(order, '\0'));
      const std::size_t end = variable.find('=');
      variable.resize(std::max(variable.size(), end + 1));
      variable[end] = '\0';
      ::setenv(variable.data(), variable.data() + end + 1, 1);
      names_.emplace_back(variable.data());
    }
  }
  ~Variables() {
    for (const std::string& name : names_) ::unsetenv(name.c_str());
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

 private:
  std::vector<std::string> names_;
};

pid_t spawn(const Order& order, const std::vector<int>& usual) {
  SpawnOrder how;
  how.stream(order.streams[0].get(), STDIN_FILENO);
  how.stream(order.streams[1].get(), STDOUT_FILENO);
  how.stream(order.streams[1].get(), STDERR_FILENO);
  how.usual(usual);
  std::string_view command = order.text;
  const Variables variables(command);
  std::string shell = "sh";
  std::string option = "-c";
  std::string line(command);
  std::array<char*, 4> arguments{shell.data(), option.data(), line.data(), nullptr};
  return how.start("/bin/sh", arguments.data());
}

// Waits for its end; where whoever gave the order ends before, it is told to end, too.
int wait_for(pid_t child, int socket) {
  const Fd watched(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  std::array<pollfd, 2> events{{{watched.get(), POLLIN, 0}, {socket, POLLIN, 0}}};
  while (watched.is_open() && events[0].revents == 0) {
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) break;
    if (events[1].revents == 0) continue;
    (void)::kill(child, SIGTERM);
    break;
  }
  int status = kNotStarted;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// What asks the whole group of processes to stop, or all of a service, is not for this one. The
// answer: what this program ignores, and others rely on.
std::vector<int> ignore_signals() {
  std::vector<int> ignored{SIGPIPE, SIGXFSZ};
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    if (::signal(number, SIG_IGN) != SIG_IGN) ignored.push_back(number);
  }
  return ignored;
}

[[noreturn]] void serve(int socket, std::uint32_t umask) {
  ::umask(umask);
  Service::hide_from_programs();
  const std::vector<int> usual = ignore_signals();
  for (Order order; receive(socket, order);) {
    const pid_t child = spawn(order, usual);
    for (Fd& stream : order.streams) stream.reset();
    const int status = child > 0 ? wait_for(child, socket) : kNotStarted;
    (void)::send(socket, &status, sizeof status, MSG_NOSIGNAL);
  }
  ::_exit(0);
}

}  // namespace

Result<Starter> Starter::begin(std::uint32_t umask) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0)
    return system_error("socketpair", errno);
  Fd here(ends[0]);
  Fd there(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return system_error("fork", errno);
  if (child > 0) return Starter(std::move(here));
  here.reset();
  serve(there.get(), umask);
}

Status Starter::start(const std::string& command, int input, int terminal,
                      const std::vector<std::string>& variables) {
  std::string order;
  for (const std::string& variable : variables) order += variable + '\0';
  return send(socket_.get(), order + command, {input, terminal});
}

Result<int> Starter::wait(std::chrono::seconds after_stop) {
  using Clock = std::chrono::steady_clock;
  constexpr int kOften = 1000;  // milliseconds; a signal wakes it, too
  std::optional<Clock::time_point> end;
  pollfd socket{socket_.get(), POLLIN, 0};
  while (::poll(&socket, 1, kOften) <= 0) {
    if (!end && Signals::is_told_to_stop()) end = Clock::now() + after_stop;
    if (!end || Clock::now() < *end) continue;
    socket_.reset();
    return stopped_error("start");
  }
  int status = kNotStarted;
  ssize_t count = -1;
  do {
    count = ::recv(socket_.get(), &status, sizeof status, 0);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof status && status != kNotStarted) return status;
  return system_error("start", count < 0 ? errno : ECHILD);
}

}  // namespace foldersync
