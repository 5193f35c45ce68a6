// What a decision costs, in calls.
#pragma once

#include <atomic>
#include <cstdint>

#include "support/forwarding_file_system.h"

namespace foldersync::test {

struct Calls {
  std::atomic<std::uint64_t> looks{0};        // status_at
  std::atomic<std::uint64_t> directories{0};  // opened
  std::atomic<std::uint64_t> files{0};        // opened
  std::atomic<std::uint64_t> targets{0};      // of symlinks
  std::atomic<std::uint64_t> bytes_read{0};
};

// Counts; and makes every entry look settled long ago, on a disk of this machine, so that what is
// read may be remembered, wherever the test's folder lies.
class CountingFileSystem final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  Calls calls;

  Result<FileStatus> status_at(int directory, const char* name) override {
    ++calls.looks;
    return aged(ForwardingFileSystem::status_at(directory, name));
  }
  Result<Sharing> sharing(int) override { return Sharing::kLocal; }
  Result<FileStatus> status(int fd) override { return aged(ForwardingFileSystem::status(fd)); }
  Result<Fd> open_directory(int directory, const char* name) override {
    ++calls.directories;
    return ForwardingFileSystem::open_directory(directory, name);
  }
  Result<Fd> open_file(int directory, const char* name) override {
    ++calls.files;
    return ForwardingFileSystem::open_file(directory, name);
  }
  Result<Fd> open_entry(int directory, const char* name) override {
    ++calls.files;
    return ForwardingFileSystem::open_entry(directory, name);
  }
  Result<std::string> link_target(int directory, const char* name) override {
    ++calls.targets;
    return ForwardingFileSystem::link_target(directory, name);
  }
  Result<std::size_t> read(int fd, std::span<std::byte> buffer) override {
    auto count = ForwardingFileSystem::read(fd, buffer);
    if (count) calls.bytes_read += *count;
    return count;
  }

 private:
  static Result<FileStatus> aged(Result<FileStatus> status) {
    if (status) status->ctime = FileTime{1, 0};
    return status;
  }
};

}  // namespace foldersync::test
