// Reading an open file from its start to its end. Holes are known, and not read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/readable_entry.h"

namespace foldersync {

// One thread at a time. Requires: the file outlives it, and nobody else moves its offset.
class ContentReader {
 public:
  // `status`: as it was when it was opened. One that has all its blocks is not asked for holes.
  ContentReader(ReadableEntry& file, const FileStatus& status)
      : file_(file),
        size_(status.size),
        data_end_(status.blocks * 512 < status.size ? 0 : kNever) {}

  // How many bytes from here on are a hole, zeros that need not be read; 0 where there is none.
  Result<std::uint64_t> hole();
  // Goes on behind so many of them. Requires: no more than hole() has said.
  void skip(std::uint64_t bytes) { at_ += bytes; }

  // Fills the buffer as far as the file reaches, with zeros for holes.
  Result<std::size_t> read(std::span<std::byte> buffer);

 private:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  Status find_extent();

  ReadableEntry& file_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
  std::uint64_t hole_end_ = 0;  // where the data begins of which it is known
  std::uint64_t data_end_;      // and where it ends; kNever: with the file
};

}  // namespace foldersync
