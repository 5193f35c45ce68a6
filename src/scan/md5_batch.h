// Contents that wait until there are enough of them to be hashed side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/hash.h"
#include "core/md5_lanes.h"

namespace foldersync {

// One thread at a time. Memory: 2 MiB once something was put in.
class Md5Batch {
 public:
  explicit Md5Batch(Md5Lanes lanes = widest_md5_lanes()) : lanes_(lanes) {}

  // Larger contents are better hashed alone, as they are read.
  static constexpr std::size_t kMaxBytes = std::size_t{128} << 10U;
  static constexpr std::size_t kCapacity = std::size_t{2} << 20U;
  static constexpr std::size_t kMostContents = 1024;

  // Whether a content of this size may be put in now; one of kMaxBytes may be, once it is empty.
  [[nodiscard]] bool has_room(std::uint64_t size) const {
    return size <= kMaxBytes && used_ + size <= kCapacity && ends_.size() < kMostContents;
  }
  // Where the next content is to be read to, with room for `size` bytes. Requires: has_room(size).
  std::span<std::byte> room(std::size_t size);
  // Keeps what was read there. The answer: its place in what finish() returns.
  std::size_t keep(std::size_t size);

  [[nodiscard]] bool is_empty() const { return ends_.empty(); }
  // The MD5 of each content that was kept; the batch is empty afterwards. The answer lasts until
  // the next call.
  std::span<const Md5> finish();

 private:
  Md5Lanes lanes_;
  Md5Hasher hasher_;
  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
  std::vector<std::size_t> ends_;  // of each content, in bytes_
  std::vector<std::size_t> order_;
  std::vector<Bytes> messages_;
  std::vector<Md5> hashed_;
  std::vector<Md5> digests_;
};

}  // namespace foldersync
