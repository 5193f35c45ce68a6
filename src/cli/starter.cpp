#include "cli/starter.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace foldersync {
namespace {

constexpr int kNotStarted = -1;
constexpr std::size_t kStreams = 2;  // what it reads, and where it writes
constexpr std::size_t kLongestCommand = 64 * 1024;

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

Status send(int socket, const std::string& command, const std::array<int, kStreams>& streams) {
  iovec text{const_cast<char*>(command.data()), command.size()};  // is only read
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
  std::string command;
  std::array<Fd, kStreams> streams;
};

// False where nobody gives orders any more.
bool receive(int socket, Order& order) {
  order.command.resize(kLongestCommand);
  iovec text{order.command.data(), order.command.size()};
  Message message(text);
  ssize_t count = -1;
  do {
    count = ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  const cmsghdr* const part = CMSG_FIRSTHDR(&message.header);
  if (count <= 0 || part == nullptr) return false;
  std::array<int, kStreams> streams{};
  std::memcpy(streams.data(), CMSG_DATA(part), sizeof streams);
  for (std::size_t at = 0; at < kStreams; ++at) order.streams[at] = Fd(streams[at]);
  order.command.resize(static_cast<std::size_t>(count));
  return true;
}

pid_t spawn(const Order& order) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, order.streams[0].get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, order.streams[1].get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, order.streams[1].get(), STDERR_FILENO);
  // What this program ignores, others rely on.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t usual;
  sigemptyset(&usual);
  for (const int number : {SIGPIPE, SIGXFSZ}) sigaddset(&usual, number);
  ::posix_spawnattr_setsigdefault(&attributes, &usual);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::string shell = "sh";
  std::string option = "-c";
  std::string line = order.command;
  std::array<char*, 4> arguments{shell.data(), option.data(), line.data(), nullptr};
  pid_t child = -1;
  const int failed =
      ::posix_spawn(&child, "/bin/sh", &files, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  return failed == 0 ? child : -1;
}

[[noreturn]] void serve(int socket) {
  for (Order order; receive(socket, order);) {
    const pid_t child = spawn(order);
    for (Fd& stream : order.streams) stream.reset();
    int status = kNotStarted;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    (void)::send(socket, &status, sizeof status, MSG_NOSIGNAL);
  }
  ::_exit(0);
}

}  // namespace

Result<Starter> Starter::begin() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0)
    return system_error("socketpair", errno);
  Fd here(ends[0]);
  Fd there(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return system_error("fork", errno);
  if (child > 0) return Starter(std::move(here));
  here.reset();
  serve(there.get());
}

Status Starter::start(const std::string& command, int input, int terminal) {
  return send(socket_.get(), command, {input, terminal});
}

Result<int> Starter::wait() {
  int status = kNotStarted;
  ssize_t count = -1;
  do {
    count = ::recv(socket_.get(), &status, sizeof status, 0);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof status && status != kNotStarted) return status;
  return system_error("start", count < 0 ? errno : ECHILD);
}

}  // namespace foldersync
