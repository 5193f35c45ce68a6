// The file system of this machine (Linux 5.8 or newer).
#pragma once

#include "fs/file_system.h"

namespace foldersync {

class PosixFileSystem final : public FileSystem {
 public:
  PosixFileSystem() = default;

  FileSystem& by_path() override;
  FileSystem& by_number() override;
  [[nodiscard]] const FileSystem& system() const override;

  Result<Fd> open_root(const char* path) override;
  Result<Fd> open_above(const char* path) override;
  Result<Fd> open_on_the_way(int directory, const char* name) override;
  Result<Fd> open_inherited(int number) override;
  Result<Fd> open_directory(int directory, const char* name) override;
  Result<Fd> open_parent(int directory) override;
  Result<std::size_t> list(int directory, std::span<std::byte> buffer) override;
  Result<FileStatus> status_at(int directory, const char* name) override;
  Result<FileStatus> status(int fd) override;
  Result<std::optional<std::uint64_t>> incarnation(int fd) override;
  Result<std::string> link_target(int directory, const char* name) override;
  Result<std::string> file_system_id(int fd) override;
  Result<std::vector<std::string>> file_system_ids(int fd) override;
  Result<std::string> mounted_as(int fd) override;
  Result<std::string> path_of(int fd) override;
  Result<Sharing> sharing(int fd) override;
  bool is_read_only(int directory, const char* name) override;

  Result<Fd> open_file(int directory, const char* name) override;
  Result<Fd> create_file(int directory, const char* name, std::uint32_t mode) override;
  Result<Fd> create_nameless(int directory, std::uint32_t mode) override;
  Status give_name(int fd, int directory, const char* name) override;
  Result<Fd> open_for_writing(int directory, const char* name) override;
  Result<Fd> open_entry(int directory, const char* name) override;
  Result<std::size_t> read(int fd, std::span<std::byte> buffer) override;
  Result<std::size_t> write(int fd, std::span<const std::byte> data) override;
  Result<std::size_t> copy_range(int from, int to, std::size_t count) override;
  Status clone(int from, int to) override;
  Result<std::uint64_t> seek(int fd, std::uint64_t offset, Seek whence) override;
  Status set_size(int fd, std::uint64_t size) override;
  Status close(Fd fd) override;

  Status make_directory(int directory, const char* name, std::uint32_t mode) override;
  Status make_symlink(const char* target, int directory, const char* name) override;
  Status make_node(int directory, const char* name, FileType type, std::uint32_t mode,
                   std::uint64_t rdev) override;
  Status make_link(int old_directory, const char* old_name, int new_directory,
                   const char* new_name) override;
  Status rename(int old_directory, const char* old_name, int new_directory, const char* new_name,
                RenameMode mode) override;
  Status remove_file(int directory, const char* name) override;
  Status remove_directory(int directory, const char* name) override;

  Status set_mode(Handle entry, std::uint32_t mode) override;
  Status set_owner(Handle entry, std::uint32_t uid, std::uint32_t gid) override;
  Status set_mtime(Handle entry, FileTime mtime) override;
  Status may_add_entries(int directory) override;

  Result<std::size_t> list_xattrs(Handle entry, std::span<char> buffer) override;
  Result<std::size_t> get_xattr(Handle entry, const char* name,
                                std::span<std::byte> buffer) override;
  Status set_xattr(Handle entry, const char* name, std::span<const std::byte> value) override;
  Status remove_xattr(Handle entry, const char* name) override;

  Status sync(int fd) override;
  Status sync_all(int fd) override;
  Result<FileSystemFacts> facts(int fd) override;

  Status lock(int fd) override;

 private:
  enum class Look : std::uint8_t { kByNumber, kByPath };
  explicit PosixFileSystem(Look look) : look_(look) {}
  // There is one system, however it is looked at.
  static PosixFileSystem& looking(Look look);

  Look look_ = Look::kByNumber;
};

}  // namespace foldersync
