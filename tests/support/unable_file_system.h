// A file system that can do nothing: the start of those in memory, which can do some of it.
#pragma once

#include <cerrno>

#include "fs/file_system.h"

namespace foldersync::test {

// Every method gives ENOSYS.
class UnableFileSystem : public FileSystem {
 public:
  Result<Fd> open_root(const char*) override { return unable(); }
  Result<Fd> open_above(const char*) override { return unable(); }
  Result<Fd> open_on_the_way(int, const char*) override { return unable(); }
  Result<Fd> open_inherited(int) override { return unable(); }
  Result<Fd> open_directory(int, const char*) override { return unable(); }
  Result<Fd> open_parent(int) override { return unable(); }
  Result<std::size_t> list(int, std::span<std::byte>) override { return unable(); }
  Result<FileStatus> status_at(int, const char*) override { return unable(); }
  Result<FileStatus> status(int) override { return unable(); }
  Result<std::optional<std::uint64_t>> incarnation(int) override { return unable(); }
  Result<std::string> link_target(int, const char*) override { return unable(); }
  Result<std::string> file_system_id(int) override { return unable(); }
  Result<std::string> mounted_as(int) override { return unable(); }
  Result<Sharing> sharing(int) override { return unable(); }
  bool is_read_only(int, const char*) override { return false; }

  Result<Fd> open_file(int, const char*) override { return unable(); }
  Result<Fd> create_file(int, const char*, std::uint32_t) override { return unable(); }
  Result<Fd> create_nameless(int, std::uint32_t) override { return unable(); }
  Status give_name(int, int, const char*) override { return unable(); }
  Result<Fd> open_for_writing(int, const char*) override { return unable(); }
  Result<Fd> open_entry(int, const char*) override { return unable(); }
  Result<std::size_t> read(int, std::span<std::byte>) override { return unable(); }
  Result<std::size_t> write(int, std::span<const std::byte>) override { return unable(); }
  Result<std::size_t> copy_range(int, int, std::size_t) override { return unable(); }
  Status clone(int, int) override { return unable(); }
  Result<std::uint64_t> seek(int, std::uint64_t, Seek) override { return unable(); }
  Status set_size(int, std::uint64_t) override { return unable(); }
  Status close(Fd) override { return unable(); }

  Status make_directory(int, const char*, std::uint32_t) override { return unable(); }
  Status make_symlink(const char*, int, const char*) override { return unable(); }
  Status make_node(int, const char*, FileType, std::uint32_t, std::uint64_t) override {
    return unable();
  }
  Status make_link(int, const char*, int, const char*) override { return unable(); }
  Status rename(int, const char*, int, const char*, RenameMode) override { return unable(); }
  Status remove_file(int, const char*) override { return unable(); }
  Status remove_directory(int, const char*) override { return unable(); }

  Status set_mode(Handle, std::uint32_t) override { return unable(); }
  Status set_owner(Handle, std::uint32_t, std::uint32_t) override { return unable(); }
  Status set_mtime(Handle, FileTime) override { return unable(); }
  Status may_add_entries(int) override { return unable(); }

  Result<std::size_t> list_xattrs(Handle, std::span<char>) override { return unable(); }
  Result<std::size_t> get_xattr(Handle, const char*, std::span<std::byte>) override {
    return unable();
  }
  Status set_xattr(Handle, const char*, std::span<const std::byte>) override { return unable(); }
  Status remove_xattr(Handle, const char*) override { return unable(); }

  Status sync(int) override { return unable(); }
  Status sync_all(int) override { return unable(); }
  Result<FileSystemFacts> facts(int) override { return unable(); }

  Status lock(int) override { return unable(); }

 private:
  static Error unable() { return system_error("unable", ENOSYS); }
};

}  // namespace foldersync::test
