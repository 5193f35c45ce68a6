#include "state/hash_cache.h"

#include <gmock/gmock.h>

#include <limits>
#include <thread>

#include "state_fixture.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kFirstSecond = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLastSecond = std::numeric_limits<std::int64_t>::max();

FileStamp stamp(FileTime mtime, FileTime ctime) { return {1, mtime, ctime, 1}; }

TEST(IsSettled, FromSixtySecondsAfterBothStampsOn) {
  EXPECT_TRUE(is_trustworthy(stamp({100, 5}, {100, 5}), {160, 5}, Sharing::kLocal));
  EXPECT_FALSE(is_trustworthy(stamp({100, 5}, {100, 6}), {160, 5}, Sharing::kLocal));
  EXPECT_FALSE(is_trustworthy(stamp({100, 6}, {100, 5}), {160, 5}, Sharing::kLocal));
}

TEST(IsSettled, NeverBeforeAStampHoweverFarAway) {
  EXPECT_FALSE(is_trustworthy(stamp({100, 0}, {100, 0}), {50, 0}, Sharing::kLocal));
  EXPECT_FALSE(is_trustworthy(stamp({kLastSecond, 0}, {100, 0}), {1000, 0}, Sharing::kLocal));
  EXPECT_FALSE(
      is_trustworthy(stamp({kLastSecond, 0}, {100, 0}), {kFirstSecond, 0}, Sharing::kLocal));
  EXPECT_FALSE(is_trustworthy(stamp({kFirstSecond, 0}, {kFirstSecond, 0}), {kFirstSecond + 59, 0},
                              Sharing::kLocal));
  EXPECT_TRUE(is_trustworthy(stamp({kFirstSecond, 0}, {kFirstSecond, 0}), {kFirstSecond + 60, 0},
                             Sharing::kLocal));
  EXPECT_TRUE(is_trustworthy(stamp({kFirstSecond, 0}, {-7, 0}), {kLastSecond, 0}, Sharing::kLocal));
}

TEST(IsSettled, FromAnHourAfterBothStampsOnWhereOthersWriteToo) {
  EXPECT_TRUE(is_trustworthy(stamp({100, 5}, {100, 5}), {3700, 5}, Sharing::kShared));
  EXPECT_FALSE(is_trustworthy(stamp({100, 5}, {100, 6}), {3700, 5}, Sharing::kShared));
  EXPECT_FALSE(is_trustworthy(stamp({kFirstSecond, 0}, {kFirstSecond, 0}), {kFirstSecond + 3599, 0},
                              Sharing::kShared));
}

TEST(IsSettled, NeverWhereAChangeThroughAMappingLeavesTheStampsAlone) {
  EXPECT_FALSE(is_trustworthy(stamp({100, 5}, {100, 5}), {kLastSecond, 0}, Sharing::kUnstamped));
}

TEST(StampOf, TakesSizeTimesAndInode) {
  FileStatus status;
  status.size = 3;
  status.mtime = {4, 5};
  status.ctime = {6, 7};
  status.inode = 8;
  EXPECT_EQ(stamp_of(status), (FileStamp{3, {4, 5}, {6, 7}, 8}));
}

using HashCacheTest = StateTest;

TEST_F(HashCacheTest, BeginsEmptyAndSilent) {
  EXPECT_THAT(rows_of(*good()), IsEmpty());
  EXPECT_EQ(mode(path()), 0600U);
}

TEST_F(HashCacheTest, IsNotOpenedBeforeARowIsAskedForOrTold) {
  const auto cache = HashCache::in(folder_);
  const TreeId tree = cache->tree("tree");
  EXPECT_TRUE(cache->save().ok());
  EXPECT_FALSE(exists("cache.db"));
  cache->remember(tree, RelPath("d"), row("a"));
  EXPECT_TRUE(exists("cache.db"));
  EXPECT_TRUE(cache->save().ok());
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
}

TEST_F(HashCacheTest, RowsAreThereAfterReopening) {
  CachedHash extreme = row("extreme");
  extreme.stamp = {std::numeric_limits<std::uint64_t>::max(),
                   {kFirstSecond, 999'999'999},
                   {kLastSecond, 0},
                   std::uint64_t{1} << 63};
  fill({row("b", 2), row("a", 1), extreme});
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a", 1), row("b", 2), extreme));
}

TEST_F(HashCacheTest, WhatWasNotSavedIsLost) {
  {
    const auto cache = good();
    cache->remember(cache->tree("tree"), RelPath("d"), row("a"));
  }
  EXPECT_THAT(rows_of(*good()), IsEmpty());
}

TEST_F(HashCacheTest, ALaterRowTakesThePlaceOfAnEarlierOne) {
  fill({row("a", 1), row("a", 2)});
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a", 2)));
  fill({row("a", 3)});
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a", 3)));
}

TEST_F(HashCacheTest, RowsAreSeenBeforeTheyAreSaved) {
  fill({row("a", 1), row("c", 1)});
  const auto cache = good();
  const TreeId tree = cache->tree("tree");
  cache->remember(tree, RelPath("d"), row("b", 2));
  cache->remember(tree, RelPath("d"), row("c", 2));
  EXPECT_THAT(rows_of(*cache), ElementsAre(row("a", 1), row("b", 2), row("c", 2)));
  ASSERT_TRUE(cache->save().ok());
  EXPECT_THAT(rows_of(*cache), ElementsAre(row("a", 1), row("b", 2), row("c", 2)));
}

TEST_F(HashCacheTest, WhatIsForgottenIsGoneAtOnceAndForGood) {
  fill({row("a", 1), row("b", 1), row("c", 1)});
  {
    const auto cache = good();
    const TreeId tree = cache->tree("tree");
    cache->forget(tree, RelPath("d"), "b");
    cache->forget(tree, RelPath("d"), "never known");
    EXPECT_THAT(rows_of(*cache), ElementsAre(row("a", 1), row("c", 1)));
    ASSERT_TRUE(cache->save().ok());
  }
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a", 1), row("c", 1)));
}

TEST_F(HashCacheTest, TheLastOfRememberingAndForgettingANameCounts) {
  fill({row("a", 1), row("b", 1)});
  const auto cache = good();
  const TreeId tree = cache->tree("tree");
  cache->forget(tree, RelPath("d"), "a");
  cache->remember(tree, RelPath("d"), row("a", 2));
  cache->remember(tree, RelPath("d"), row("b", 2));
  cache->forget(tree, RelPath("d"), "b");
  EXPECT_THAT(rows_of(*cache), ElementsAre(row("a", 2)));
  ASSERT_TRUE(cache->save().ok());
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a", 2)));
}

TEST_F(HashCacheTest, OnlyTheNameItselfIsForgotten) {
  fill({row("a")}, "d");
  fill({row("a")}, "e");
  const auto cache = good();
  cache->forget(cache->tree("tree"), RelPath("d"), "a");
  cache->forget(cache->tree("other"), RelPath("e"), "a");
  ASSERT_TRUE(cache->save().ok());
  EXPECT_THAT(rows_of(*good(), "d"), IsEmpty());
  EXPECT_THAT(rows_of(*good(), "e"), ElementsAre(row("a")));
}

TEST_F(HashCacheTest, ManyRowsAreWrittenWithoutWaitingForSave) {
  const auto cache = good();
  const TreeId tree = cache->tree("tree");
  for (int i = 0; i < 20'000; ++i) cache->remember(tree, RelPath("d"), row(std::to_string(i)));
  EXPECT_GE(rows_of(*good()).size(), 10'000U);
  EXPECT_EQ(rows_of(*cache).size(), 20'000U);
}

TEST_F(HashCacheTest, NamesAndDirectoriesMayHoldAnyBytes) {
  std::vector<CachedHash> expected;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/' && byte != '.')
      expected.push_back(row(std::string(1, static_cast<char>(byte))));
  }
  const std::string directory = "\xff\xfe/'\"%_\n/" + std::string(255, '\x80');
  fill(expected, directory);
  EXPECT_EQ(rows_of(*good(), directory), expected);
}

TEST_F(HashCacheTest, APathMayBeLongAndTheRootHasNoName) {
  std::string deep = "d";
  for (int level = 0; level < 2000; ++level) deep += "/directory";
  fill({row("deep")}, deep);
  fill({row("top")}, ".");
  EXPECT_THAT(rows_of(*good(), deep), ElementsAre(row("deep")));
  EXPECT_THAT(rows_of(*good(), "."), ElementsAre(row("top")));
}

TEST_F(HashCacheTest, ADirectoryHasOnlyItsOwnRows) {
  fill({row("a")}, "d");
  fill({row("b")}, "d/e");
  fill({row("c")}, "d ");
  EXPECT_THAT(rows_of(*good(), "d"), ElementsAre(row("a")));
  EXPECT_THAT(rows_of(*good(), "d/e"), ElementsAre(row("b")));
  EXPECT_THAT(rows_of(*good(), "d/f"), IsEmpty());
}

TEST_F(HashCacheTest, TreesDoNotMix) {
  {
    const auto cache = good();
    cache->remember(cache->tree("one"), RelPath("d"), row("a", 1));
    cache->remember(cache->tree("two"), RelPath("d"), row("a", 2));
    ASSERT_TRUE(cache->save().ok());
  }
  const auto cache = good();
  const TreeId two = cache->tree("two");
  EXPECT_THAT(cache->directory(two, RelPath("d")), ElementsAre(row("a", 2)));
  EXPECT_THAT(cache->directory(cache->tree("one"), RelPath("d")), ElementsAre(row("a", 1)));
  EXPECT_THAT(cache->directory(cache->tree("three"), RelPath("d")), IsEmpty());
  EXPECT_THAT(cache->directory(TreeId{99}, RelPath("d")), IsEmpty());
  EXPECT_EQ(cache->tree("two"), two);
}

TEST_F(HashCacheTest, TwoMayHaveItOpenAtOnce) {
  const auto one = good();
  const auto two = good();
  one->remember(one->tree("tree"), RelPath("d"), row("a", 1));
  two->remember(two->tree("other tree"), RelPath("d"), row("a", 9));
  two->remember(two->tree("tree"), RelPath("d"), row("b", 2));
  EXPECT_TRUE(one->save().ok());
  EXPECT_TRUE(two->save().ok());
  EXPECT_THAT(rows_of(*one), ElementsAre(row("a", 1), row("b", 2)));
  EXPECT_THAT(rows_of(*two), ElementsAre(row("a", 1), row("b", 2)));
}

TEST_F(HashCacheTest, ManyMayBeginItAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, i] {
      const auto cache = good();
      cache->remember(cache->tree("tree"), RelPath("d"), row(std::to_string(i)));
      EXPECT_TRUE(cache->save().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("0"), row("1"), row("2"), row("3")));
}

TEST_F(HashCacheTest, ManyThreadsMayUseOneObject) {
  const auto cache = good();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&cache, i] {
      const TreeId tree = cache->tree("tree");
      const RelPath mine("d" + std::to_string(i));
      for (int n = 0; n < 5000; ++n) {
        cache->remember(tree, mine, row(std::to_string(n)));
        if (n % 500 != 0) continue;
        EXPECT_EQ(cache->directory(tree, mine).size(), static_cast<std::size_t>(n + 1));
        EXPECT_TRUE(cache->save().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(cache->save().ok());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rows_of(*good(), "d" + std::to_string(i)).size(), 5000U);
}

TEST_F(HashCacheTest, WhatWasSavedSurvivesAKill) {
  ASSERT_TRUE(in_child([this] {
    const auto cache = good().release();
    cache->remember(cache->tree("tree"), RelPath("d"), row("a"));
    return cache->save().ok();
  }));
  EXPECT_TRUE(exists("cache.db-wal"));
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
}

}  // namespace
}  // namespace foldersync
