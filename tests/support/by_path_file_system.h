// A file system of which only names can be relied on, as many FUSE ones are: an object's number is
// made of its path, two names of one file look like two files, names can't be exchanged or given
// without replacing, nothing tells when an entry was made, and the metadata of symlinks can't be
// set.
#pragma once

#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <functional>
#include <optional>
#include <string>

#include "core/file_system_limits.h"
#include "support/forwarding_file_system.h"

namespace foldersync::test {

class ByPathFileSystem final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  // What ask_limits() finds of it.
  static FileSystemLimits limits() {
    FileSystemLimits limits;
    limits.numbers = Numbers::kPassing;
    limits.most_names = 1;
    limits.refuses_link_times = true;
    limits.refuses_link_owners = true;
    return limits;
  }

  Result<Sharing> sharing(int) override { return Sharing::kShared; }
  Result<FileStatus> status_at(int directory, const char* name) override {
    return as_seen(ForwardingFileSystem::status_at(directory, name),
                   path_behind(directory) + "/" + name);
  }
  Result<FileStatus> status(int fd) override {
    return as_seen(ForwardingFileSystem::status(fd), path_behind(fd));
  }
  Result<std::optional<std::uint64_t>> incarnation(int) override {
    return std::optional<std::uint64_t>();
  }
  Result<Fd> create_nameless(int, std::uint32_t) override {
    return system_error("open", EOPNOTSUPP);
  }
  Status rename(int old_directory, const char* old_name, int new_directory, const char* new_name,
                RenameMode mode) override {
    if (mode != RenameMode::kReplace) return system_error("rename", EINVAL);
    return ForwardingFileSystem::rename(old_directory, old_name, new_directory, new_name, mode);
  }
  Status set_mtime(Handle entry, FileTime mtime) override {
    if (is_symlink(entry)) return system_error("utimens", ENOENT);
    return ForwardingFileSystem::set_mtime(entry, mtime);
  }
  Status set_owner(Handle entry, std::uint32_t uid, std::uint32_t gid) override {
    if (is_symlink(entry)) return system_error("chown", ENOENT);
    return ForwardingFileSystem::set_owner(entry, uid, gid);
  }

 private:
  static std::string path_behind(int fd) {
    std::array<char, PATH_MAX> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
    return std::string(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  }
  static Result<FileStatus> as_seen(Result<FileStatus> status, const std::string& path) {
    if (!status) return status;
    status->by_path = true;
    status->inode = std::hash<std::string>()(path);
    status->incarnation = 0;
    if (!status->is_directory()) status->links = 1;
    return status;
  }
  bool is_symlink(Handle entry) {
    const auto found = ForwardingFileSystem::status(entry.fd);
    return found && found->type == FileType::kSymlink;
  }
};

}  // namespace foldersync::test
