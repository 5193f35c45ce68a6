// MD5 of many messages side by side: one message in each lane of the processor's widest registers.
#pragma once

#include <cstddef>
#include <span>

#include "core/hash.h"

namespace foldersync {

using Bytes = std::span<const std::byte>;

// How many messages are hashed at a time.
enum class Md5Lanes : std::size_t {
  kOne = 1,       // OpenSSL, one after another
  kEight = 8,     // AVX2
  kSixteen = 16,  // AVX-512
};

// The most that this processor is able to do.
Md5Lanes widest_md5_lanes();

// digests[i] becomes the MD5 of messages[i]; `hasher` serves where there is one lane. The messages
// may differ in length: a lane that is done takes the next one, so the longest had better come
// first. Steps of RFC 1321, written for vectors.
// Requires: as many digests as messages; `lanes` is at most widest_md5_lanes().
void md5_of_each(std::span<const Bytes> messages, std::span<Md5> digests, Md5Hasher& hasher,
                 Md5Lanes lanes);

}  // namespace foldersync
