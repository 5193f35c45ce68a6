#include "cli/plan_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "fs/fd.h"
#include "plan/json.h"

namespace foldersync {
namespace {

Error invalid(const std::string& file, std::string detail) {
  return Error{ErrorCode::kInvalidDocument, "read plan", file, 0, std::move(detail)};
}

// An error of reading `file`, or of keeping what was read.
Error about(Error error, const std::string& file) {
  if (error.path.empty()) error.path = file;
  return error;
}

ByteSource source_of(int fd) {
  return [fd](std::span<char> buffer) -> Result<std::size_t> {
    for (;;) {
      const ssize_t count = ::read(fd, buffer.data(), buffer.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return system_error("read plan", errno);
    }
  };
}

}  // namespace

bool is_ours_alone(std::uint32_t owner, std::uint32_t mode) {
  return (owner == 0 || owner == ::geteuid()) && (mode & (S_IWGRP | S_IWOTH)) == 0;
}

Result<ReadPlan> read_plan_file(const std::string& name, const Spooling& spooling) {
  if (name == "-") {
    auto plan = read_plan(source_of(STDIN_FILENO), spooling);
    if (!plan) return about(plan.error(), "standard input");
    return ReadPlan{std::move(*plan), true, false};
  }
  const Fd fd(::open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.is_open() && errno == ELOOP)
    return invalid(name, "a symbolic link: name the plan's file itself");
  if (!fd.is_open())
    return invalid(name, std::string("the plan can't be opened: ") + errno_name(errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) return system_error("stat", errno).at(name);
  if (!S_ISREG(status.st_mode))
    return invalid(name, "expected a regular file that holds a plan document");
  auto plan = read_plan(source_of(fd.get()), spooling);
  if (!plan) return about(plan.error(), name);
  return ReadPlan{std::move(*plan), false, is_ours_alone(status.st_uid, status.st_mode),
                  status.st_dev, status.st_ino};
}

}  // namespace foldersync
