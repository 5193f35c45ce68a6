#include "fs/pace.h"

#include <gtest/gtest.h>

#include <atomic>

namespace foldersync {
namespace {

constexpr std::uint64_t kWeeks = 10'000'000;  // of bytes, at one a second

TEST(Pace, WhoWaitsForWeeksGoesOnWhenTheBoundEnds) {
  int asked = 0;
  Pace pace([&asked] { return std::uint64_t{++asked < 3 ? 1U : 0U}; });
  pace.keep(kWeeks, nullptr);
  EXPECT_EQ(asked, 3);
  pace.keep(kWeeks, nullptr);
}

TEST(Pace, WhoWaitsForWeeksWaitsLessAtAHigherRate) {
  int asked = 0;
  Pace pace([&asked] { return std::uint64_t{++asked < 3 ? 1U : std::uint64_t{1} << 40U}; });
  pace.keep(kWeeks, nullptr);
  EXPECT_EQ(asked, 3);
}

TEST(Pace, WithoutABoundNobodyWaitsUntilThereIsOne) {
  std::atomic<bool> stop{true};
  bool is_bound = false;
  Pace pace([&is_bound] { return std::uint64_t{is_bound ? 1U : 0U}; });
  pace.keep(kWeeks, nullptr);
  EXPECT_GE(pace.step(), 1U << 20U);
  is_bound = true;
  // What was copied before it counts for nothing, and who is told to stop does not wait.
  while (pace.step() != 1U << 16U) pace.keep(kWeeks, &stop);
}

}  // namespace
}  // namespace foldersync
