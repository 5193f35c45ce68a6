#include "cli/loop/schedule.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

TEST(NextDue, IsCountedFromStartToStart) {
  EXPECT_EQ(next_due({.due = 100, .began = 100, .ended = 130}, 60), 160);
}

TEST(NextDue, SmallDelaysDoNotAddUp) {
  EXPECT_EQ(next_due({.due = 100, .began = 100.02, .ended = 130}, 60), 160);
}

TEST(NextDue, ACycleThatOverrunsIsFollowedAtOnce) {
  EXPECT_EQ(next_due({.due = 100, .began = 100, .ended = 350}, 60), 350);
}

TEST(NextDue, ByOneCycleAndNotByTwo) {
  const double second = next_due({.due = 100, .began = 100, .ended = 350}, 60);
  EXPECT_EQ(next_due({.due = second, .began = second, .ended = 355}, 60), 410);
}

TEST(NextDue, AMachineThatSleptOverSeveralIsFollowedByOneCycle) {
  EXPECT_EQ(next_due({.due = 100, .began = 5'000, .ended = 5'010}, 60), 5'060);
}

}  // namespace
}  // namespace foldersync
