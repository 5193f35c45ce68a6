// A file system that hands every call on: the start of those that count, fail or look.
#pragma once

#include <utility>

#include "fs/file_system.h"

namespace foldersync::test {

class ForwardingFileSystem : public FileSystem {
 public:
  // Requires: `inner` outlives this object.
  explicit ForwardingFileSystem(FileSystem& inner) : inner_(inner) {}

  Result<Fd> open_root(const char* path) override { return inner_.open_root(path); }
  Result<Fd> open_above(const char* path) override { return inner_.open_above(path); }
  Result<Fd> open_on_the_way(int directory, const char* name) override {
    return inner_.open_on_the_way(directory, name);
  }
  Result<Fd> open_inherited(int number) override { return inner_.open_inherited(number); }
  Result<Fd> open_directory(int directory, const char* name) override {
    return inner_.open_directory(directory, name);
  }
  Result<Fd> open_parent(int directory) override { return inner_.open_parent(directory); }
  Result<std::size_t> list(int directory, std::span<std::byte> buffer) override {
    return inner_.list(directory, buffer);
  }
  Result<FileStatus> status_at(int directory, const char* name) override {
    return inner_.status_at(directory, name);
  }
  Result<FileStatus> status(int fd) override { return inner_.status(fd); }
  Result<std::optional<std::uint64_t>> incarnation(int fd) override {
    return inner_.incarnation(fd);
  }
  Result<std::string> link_target(int directory, const char* name) override {
    return inner_.link_target(directory, name);
  }
  Result<std::string> file_system_id(int fd) override { return inner_.file_system_id(fd); }
  Result<std::string> mounted_as(int fd) override { return inner_.mounted_as(fd); }
  Result<Sharing> sharing(int fd) override { return inner_.sharing(fd); }
  bool is_read_only(int directory, const char* name) override {
    return inner_.is_read_only(directory, name);
  }

  Result<Fd> open_file(int directory, const char* name) override {
    return inner_.open_file(directory, name);
  }
  Result<Fd> create_file(int directory, const char* name, std::uint32_t mode) override {
    return inner_.create_file(directory, name, mode);
  }
  Result<Fd> create_nameless(int directory, std::uint32_t mode) override {
    return inner_.create_nameless(directory, mode);
  }
  Status give_name(int fd, int directory, const char* name) override {
    return inner_.give_name(fd, directory, name);
  }
  Result<Fd> open_for_writing(int directory, const char* name) override {
    return inner_.open_for_writing(directory, name);
  }
  Result<Fd> open_entry(int directory, const char* name) override {
    return inner_.open_entry(directory, name);
  }
  Result<std::size_t> read(int fd, std::span<std::byte> buffer) override {
    return inner_.read(fd, buffer);
  }
  ReadFrom read_past_cache(int fd) override { return inner_.read_past_cache(fd); }
  void read_through_cache(int fd) override { inner_.read_through_cache(fd); }
  Result<std::size_t> write(int fd, std::span<const std::byte> data) override {
    return inner_.write(fd, data);
  }
  Result<std::size_t> copy_range(int from, int to, std::size_t count) override {
    return inner_.copy_range(from, to, count);
  }
  Status clone(int from, int to) override { return inner_.clone(from, to); }
  Result<std::uint64_t> seek(int fd, std::uint64_t offset, Seek whence) override {
    return inner_.seek(fd, offset, whence);
  }
  Status set_size(int fd, std::uint64_t size) override { return inner_.set_size(fd, size); }
  Status close(Fd fd) override { return inner_.close(std::move(fd)); }

  Status make_directory(int directory, const char* name, std::uint32_t mode) override {
    return inner_.make_directory(directory, name, mode);
  }
  Status make_symlink(const char* target, int directory, const char* name) override {
    return inner_.make_symlink(target, directory, name);
  }
  Status make_node(int directory, const char* name, FileType type, std::uint32_t mode,
                   std::uint64_t rdev) override {
    return inner_.make_node(directory, name, type, mode, rdev);
  }
  Status make_link(int old_directory, const char* old_name, int new_directory,
                   const char* new_name) override {
    return inner_.make_link(old_directory, old_name, new_directory, new_name);
  }
  Status rename(int old_directory, const char* old_name, int new_directory, const char* new_name,
                RenameMode mode) override {
    return inner_.rename(old_directory, old_name, new_directory, new_name, mode);
  }
  Status remove_file(int directory, const char* name) override {
    return inner_.remove_file(directory, name);
  }
  Status remove_directory(int directory, const char* name) override {
    return inner_.remove_directory(directory, name);
  }

  Status set_mode(Handle entry, std::uint32_t mode) override {
    return inner_.set_mode(entry, mode);
  }
  Status set_owner(Handle entry, std::uint32_t uid, std::uint32_t gid) override {
    return inner_.set_owner(entry, uid, gid);
  }
  Status set_mtime(Handle entry, FileTime mtime) override { return inner_.set_mtime(entry, mtime); }
  Status may_add_entries(int directory) override { return inner_.may_add_entries(directory); }

  Result<std::size_t> list_xattrs(Handle entry, std::span<char> buffer) override {
    return inner_.list_xattrs(entry, buffer);
  }
  Result<std::size_t> get_xattr(Handle entry, const char* name,
                                std::span<std::byte> buffer) override {
    return inner_.get_xattr(entry, name, buffer);
  }
  Status set_xattr(Handle entry, const char* name, std::span<const std::byte> value) override {
    return inner_.set_xattr(entry, name, value);
  }
  Status remove_xattr(Handle entry, const char* name) override {
    return inner_.remove_xattr(entry, name);
  }

  Status sync(int fd) override { return inner_.sync(fd); }
  Status sync_all(int fd) override { return inner_.sync_all(fd); }
  Result<FileSystemFacts> facts(int fd) override { return inner_.facts(fd); }

  Status lock(int fd) override { return inner_.lock(fd); }

 private:
  FileSystem& inner_;
};

}  // namespace foldersync::test
