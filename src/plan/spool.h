// Room for bytes that would not fit into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "core/result.h"

namespace foldersync {

// Bytes that are appended once and read at any place. One thread appends, and nobody reads
// meanwhile; any number of threads read otherwise.
class Spool {
 public:
  virtual ~Spool() = default;
  // All of it or an error, after which nothing more is appended.
  virtual Status append(std::string_view bytes) = 0;
  // Fills the buffer. Requires: so many bytes were appended at and after `offset`.
  virtual Status read(std::uint64_t offset, std::span<char> buffer) = 0;
};

using SpoolMaker = std::function<Result<std::unique_ptr<Spool>>()>;

// How much is held in memory, and where the rest goes.
struct Spooling {
  SpoolMaker make;                                    // none: everything is held in memory
  std::size_t memory_bytes = std::size_t{16} << 20U;  // of encoded actions
  std::size_t run_actions = 50'000;                   // sorted at a time; at least 1
  // Asked now and then by whoever stores actions; an error, kStopped say, ends that. None: no one.
  std::function<Status()> heed = {};
};

}  // namespace foldersync
