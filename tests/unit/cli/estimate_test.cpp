#include "cli/console/estimate.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace foldersync {
namespace {

TEST(Estimate, TheRateIsThatOfTheRecentPast) {
  Estimate estimate;
  std::uint64_t bytes = 0;
  for (int second = 0; second <= 100; ++second) {
    estimate.see({static_cast<double>(second), bytes, bytes, 1'000'000});
    bytes += second < 50 ? 10'000 : 100;
  }
  EXPECT_DOUBLE_EQ(estimate.bytes_per_second(), 100);
}

TEST(Estimate, WithoutAPastNothingIsKnown) {
  Estimate estimate;
  EXPECT_EQ(estimate.bytes_per_second(), 0);
  EXPECT_FALSE(estimate.seconds_left());
  estimate.see({0, 0, 0, 100});
  estimate.see({1, 50, 50, 100});
  EXPECT_DOUBLE_EQ(estimate.bytes_per_second(), 50);
  EXPECT_FALSE(estimate.seconds_left()) << "a second is no past";
}

TEST(Estimate, TheTimeLeftFollowsFromTheRate) {
  Estimate estimate;
  estimate.see({0, 0, 0, 1000});
  estimate.see({10, 0, 200, 1000});
  ASSERT_TRUE(estimate.seconds_left());
  EXPECT_DOUBLE_EQ(*estimate.seconds_left(), 40);
}

TEST(Estimate, TheTimeLeftNeverGrowsHoweverTheRateChanges) {
  Estimate estimate;
  std::uint64_t done = 0;
  double before = 1e9;
  for (int second = 0; second < 300; ++second) {
    estimate.see({static_cast<double>(second), done, done, 1'000'000});
    if (const auto left = estimate.seconds_left()) {
      EXPECT_LE(*left, before) << second;
      before = *left;
    }
    done += second % 60 < 30 ? 5'000U : static_cast<std::uint64_t>(second % 7) * 100U;
  }
  EXPECT_LT(before, 1e9);
}

TEST(Estimate, WhereNothingMovesTheFigureStays) {
  Estimate estimate;
  estimate.see({0, 0, 0, 1000});
  estimate.see({10, 0, 200, 1000});
  for (int second = 11; second < 60; ++second)
    estimate.see({static_cast<double>(second), 0, 200, 1000});
  EXPECT_DOUBLE_EQ(estimate.seconds_left().value_or(0), 40);
}

TEST(Estimate, MoreWorkMayTakeMoreTime) {
  Estimate estimate;
  estimate.see({0, 0, 0, 1000});
  estimate.see({10, 0, 200, 1000});
  estimate.see({11, 0, 220, 2000});
  EXPECT_DOUBLE_EQ(estimate.seconds_left().value_or(0), 89);
}

TEST(Estimate, WhenAllIsDoneNoTimeIsLeft) {
  Estimate estimate;
  estimate.see({0, 0, 0, 1000});
  estimate.see({10, 0, 200, 1000});
  estimate.see({20, 0, 1000, 1000});
  EXPECT_FALSE(estimate.seconds_left());
}

TEST(Estimate, OtherWorkHasNoPast) {
  Estimate estimate;
  estimate.see({0, 0, 0, 0});
  estimate.see({100, 0, 0, 0});
  estimate.see({100, 0, 0, 1000});
  estimate.see({110, 1000, 500, 1000});
  EXPECT_DOUBLE_EQ(estimate.bytes_per_second(), 100);
  EXPECT_DOUBLE_EQ(estimate.seconds_left().value_or(0), 10);
  estimate.see({120, 50, 0, 0});
  EXPECT_EQ(estimate.bytes_per_second(), 0);
}

TEST(Estimate, WhatFailsGivesNoMoreTime) {
  Estimate estimate;
  estimate.see({0, 0, 0, 1000});
  estimate.see({10, 600, 600, 1000});
  const double before = estimate.seconds_left().value_or(0);
  estimate.see({11, 500, 500, 900});
  EXPECT_LE(estimate.seconds_left().value_or(1e9), before);
  EXPECT_GE(estimate.bytes_per_second(), 0);
}

TEST(Estimate, WhoAsksOftenDoesNotShortenThePast) {
  Estimate estimate;
  for (int step = 0; step <= 20'000; ++step) {
    const auto done = static_cast<std::uint64_t>(step);
    estimate.see({step / 1000.0, done, done, 100'000});
  }
  EXPECT_NEAR(estimate.bytes_per_second(), 1000, 1);
}

}  // namespace
}  // namespace foldersync
