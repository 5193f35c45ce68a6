#include "scan/md5_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace foldersync {
namespace {

Md5 md5_of(std::string_view text) {
  Md5Hasher hasher;
  hasher.update(text);
  return hasher.finish();
}

std::size_t put(Md5Batch& batch, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  std::copy(bytes.begin(), bytes.end(), batch.room(text.size()).begin());
  return batch.keep(text.size());
}

TEST(Md5Batch, GivesEachContentItsDigestWhateverTheOrderOfHashing) {
  for (const Md5Lanes lanes : {Md5Lanes::kOne, widest_md5_lanes()}) {
    Md5Batch batch(lanes);
    for (int round = 0; round < 2; ++round) {
      std::vector<std::string> texts;
      for (std::size_t i = 0; i < 50; ++i) texts.emplace_back(i * 37 % 211, static_cast<char>(i));
      for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(put(batch, texts[i]), i);
      EXPECT_FALSE(batch.is_empty());
      const auto digests = batch.finish();
      EXPECT_TRUE(batch.is_empty());
      ASSERT_EQ(digests.size(), texts.size());
      for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(digests[i], md5_of(texts[i])) << i;
    }
  }
}

TEST(Md5Batch, WhatIsNotKeptLeavesNoTrace) {
  Md5Batch batch;
  std::ranges::fill(batch.room(100), std::byte{1});
  put(batch, "kept");
  const auto digests = batch.finish();
  ASSERT_EQ(digests.size(), 1U);
  EXPECT_EQ(digests[0], md5_of("kept"));
}

TEST(Md5Batch, HasRoomUpToItsCapacityAndForNothingLarge) {
  Md5Batch batch;
  EXPECT_FALSE(batch.has_room(Md5Batch::kMaxBytes + 1));
  std::size_t kept = 0;
  while (batch.has_room(Md5Batch::kMaxBytes)) {
    (void)batch.room(Md5Batch::kMaxBytes);
    batch.keep(Md5Batch::kMaxBytes);
    ++kept;
  }
  EXPECT_EQ(kept, Md5Batch::kCapacity / Md5Batch::kMaxBytes);
  EXPECT_TRUE(batch.has_room(0));
  while (batch.has_room(0)) batch.keep(batch.room(0).size()), ++kept;
  EXPECT_EQ(kept, Md5Batch::kMostContents);
  EXPECT_EQ(batch.finish().size(), kept);
  EXPECT_TRUE(batch.has_room(Md5Batch::kMaxBytes));
}

TEST(Md5Batch, OfNothingGivesNothing) {
  Md5Batch batch;
  EXPECT_TRUE(batch.finish().empty());
}

}  // namespace
}  // namespace foldersync
