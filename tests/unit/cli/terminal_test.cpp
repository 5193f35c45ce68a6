#include "cli/console/terminal.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

TEST(ProgressCounts, TellHowFarItIs) {
  ProgressCounts counts;
  counts.begin(10, 1000);
  counts.prepared = 3;
  counts.bytes = 200;
  counts.settle(0);
  counts.settle(100);
  const Progressed now = counts.now();
  EXPECT_EQ(now.total_actions, 10U);
  EXPECT_EQ(now.prepared, 3U);
  EXPECT_EQ(now.settled, 2U);
  EXPECT_EQ(now.total_bytes, 900U) << "what is not written is no work that is left";
  EXPECT_EQ(now.bytes, 200U);
  EXPECT_EQ(now.path, "");
}

TEST(ProgressCounts, TheFileUnderWayCountsWithTheOthersAndItsPathIsEscaped) {
  ProgressCounts counts;
  counts.begin(1, FileUnderWay::kLeastBytes);
  counts.bytes = 5;
  const FileCounter file(&counts.bytes, &counts.file, "a\nb", FileUnderWay::kLeastBytes);
  *file.counter() += 7;
  const Progressed now = counts.now();
  EXPECT_EQ(now.bytes, 12U);
  EXPECT_EQ(now.path, "a\\x0ab");
  EXPECT_EQ(now.size, FileUnderWay::kLeastBytes);
  EXPECT_EQ(now.copied, 7U);
}

TEST(ProgressCounts, WhatComesNextBeginsAtNothing) {
  ProgressCounts counts;
  counts.begin(10, 1000);
  counts.settle(0);
  (void)counts.file.begin("killed", FileUnderWay::kLeastBytes);
  counts.compared.entries = 5;
  counts.begin();
  const Progressed now = counts.now();
  EXPECT_EQ(now.total_actions + now.settled + now.bytes + now.entries, 0U);
  EXPECT_NE(counts.file.begin("next", FileUnderWay::kLeastBytes), nullptr);
}

}  // namespace
}  // namespace foldersync
