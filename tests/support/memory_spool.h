// A spool that a test can look at, and make fail.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>

#include "plan/spool.h"

namespace foldersync::test {

// What all spools of a test have in common.
struct Spools {
  std::atomic<std::size_t> made = 0;
  std::atomic<std::size_t> bytes = 0;
  std::atomic<std::size_t> reads = 0;
  std::size_t room = SIZE_MAX;  // bytes; then the disk is full
  bool can_be_made = true;
  bool can_be_read = true;

  // Of actions that are sent there at once. Requires: this outlives what is made of it.
  Spooling spooling(std::size_t memory_bytes = 0, std::size_t run_actions = 50'000);
};

class MemorySpool final : public Spool {
 public:
  explicit MemorySpool(Spools& all) : all_(all) { ++all_.made; }

  Status append(std::string_view bytes) override {
    if (all_.bytes + bytes.size() > all_.room) return system_error("spool", ENOSPC);
    all_.bytes += bytes.size();
    bytes_ += bytes;
    return success();
  }

  Status read(std::uint64_t offset, std::span<char> buffer) override {
    ++all_.reads;
    if (!all_.can_be_read || offset + buffer.size() > bytes_.size()) {
      return system_error("read spool", EIO);
    }
    bytes_.copy(buffer.data(), buffer.size(), offset);
    return success();
  }

 private:
  Spools& all_;
  std::string bytes_;
};

inline Spooling Spools::spooling(std::size_t memory_bytes, std::size_t run_actions) {
  return {[this]() -> Result<std::unique_ptr<Spool>> {
            if (!can_be_made) return system_error("make spool", EACCES);
            return std::unique_ptr<Spool>(std::make_unique<MemorySpool>(*this));
          },
          memory_bytes, run_actions};
}

}  // namespace foldersync::test
