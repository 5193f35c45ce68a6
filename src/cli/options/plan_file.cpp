#include "cli/options/plan_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "format/errno_name.h"
#include "format/json.h"
#include "fs/named_file.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

Error invalid(const std::string& file, std::string detail) {
  return document_error("read plan", std::move(detail)).at(file);
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
    return ReadPlan{.plan = std::move(*plan), .from_stdin = true, .exchangeable = {}};
  }
  FileSystem& fs = posix_file_system();
  auto file = open_to_read(fs, name, LastLink::kKeep);
  if (!file && file.error().error_number == ELOOP) {
    const auto followed = find_named(fs, name);
    if (!followed || !followed->is_inherited)
      return invalid(name, "a symbolic link: name the plan's file itself");
    file = open_to_read(fs, name);
  }
  if (!file && file.error().code == ErrorCode::kRefused) return file.error();
  if (!file)
    return invalid(
        name, std::string("the plan can't be opened: ") + errno_name(file.error().error_number));
  if (!file->status.is_file() && !file->is_inherited)
    return invalid(name, "expected a regular file that holds a plan document");
  auto plan = read_plan(source_of(file->fd.get()), spooling);
  if (!plan) return about(plan.error(), name);
  return ReadPlan{.plan = std::move(*plan),
                  .from_stdin = file->is_inherited,
                  .is_protected = is_ours_alone(file->status.uid, file->status.mode),
                  .exchangeable = file->exchangeable,
                  .device = file->status.device,
                  .inode = file->status.inode};
}

}  // namespace foldersync
