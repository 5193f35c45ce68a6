#include "fs/file_under_way.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace foldersync {
namespace {

constexpr std::uint64_t kLarge = FileUnderWay::kLeastBytes;

TEST(FileUnderWay, TellsPathSizeAndBytes) {
  FileUnderWay shown;
  ByteCounter all{3};
  EXPECT_FALSE(shown.seen());
  {
    const FileCounter file(&all, &shown, "big/file", kLarge);
    *file.counter() += 5;
    const auto seen = shown.seen();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->path, "big/file");
    EXPECT_EQ(seen->size, kLarge);
    EXPECT_EQ(seen->bytes, 5U);
    EXPECT_EQ(all, 3U);
    EXPECT_EQ(shown.bytes_with(all), 8U);
  }
  EXPECT_FALSE(shown.seen());
  EXPECT_EQ(all, 8U);
  EXPECT_EQ(shown.bytes_with(all), 8U);
}

TEST(FileUnderWay, SmallFilesAreNotShown) {
  FileUnderWay shown;
  ByteCounter all{0};
  const FileCounter file(&all, &shown, "small", kLarge - 1);
  EXPECT_EQ(file.counter(), &all);
  EXPECT_FALSE(shown.seen());
}

TEST(FileUnderWay, TheFirstOneStaysUntilItIsDone) {
  FileUnderWay shown;
  {
    const FileCounter first(nullptr, &shown, "first", kLarge);
    const FileCounter second(nullptr, &shown, "second", kLarge);
    EXPECT_EQ(second.counter(), nullptr);
    EXPECT_EQ(shown.seen()->path, "first");
  }
  const FileCounter third(nullptr, &shown, "third", kLarge);
  EXPECT_EQ(shown.seen()->path, "third");
}

TEST(FileUnderWay, WhoLooksOnSeesNoByteTwiceAndLosesNone) {
  FileUnderWay shown;
  ByteCounter all{0};
  std::atomic<bool> is_done{false};
  std::thread copying([&] {
    for (int which = 0; which < 20'000; ++which) {
      const FileCounter file(&all, &shown, "file", kLarge);
      *file.counter() += 1000;
    }
    is_done = true;
  });
  std::uint64_t before = 0;
  while (!is_done) {
    const std::uint64_t now = shown.bytes_with(all);
    EXPECT_GE(now, before);
    before = now;
    const auto seen = shown.seen();
    EXPECT_TRUE(!seen || seen->path == "file");
  }
  copying.join();
  EXPECT_EQ(shown.bytes_with(all), 20'000'000U);
}

TEST(FileUnderWay, OfALongPathTheEndIsTold) {
  FileUnderWay shown;
  const FileCounter file(nullptr, &shown, std::string(5000, 'x') + "/name", kLarge);
  EXPECT_EQ(shown.seen()->path, std::string(507, 'x') + "/name");
}

TEST(FileUnderWay, NobodyNeedsToLook) {
  const FileCounter file(nullptr, nullptr, "big", kLarge);
  EXPECT_EQ(file.counter(), nullptr);
}

}  // namespace
}  // namespace foldersync
