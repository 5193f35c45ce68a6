#include "scan/walk_width.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

// A tree that is walked without end: each call is a stretch, of which all threads waited `waiting`
// (a part of 1), and in which so many entries were listed.
class Tree {
 public:
  Tree(std::size_t least, std::size_t most) : width_(least, most) {}

  std::size_t stretch(double waiting, std::uint64_t entries) {
    now_ += 0.15;
    return width_.after({now_, 0.15, 0.15 * waiting, entries});
  }

 private:
  WalkWidth width_;
  double now_ = 1000;
};

TEST(WalkWidth, AWalkThatDoesNotWaitStaysAsItIs) {
  Tree warm(2, 16);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(warm.stretch(0.2, 1000), 2U);
}

TEST(WalkWidth, AWalkThatWaitsIsDoubledUpToTheBoundAsLongAsItGetsFaster) {
  Tree cold(3, 16);
  EXPECT_EQ(cold.stretch(0.7, 1000), 6U);
  EXPECT_EQ(cold.stretch(0.7, 1500), 12U);
  EXPECT_EQ(cold.stretch(0.7, 2000), 16U);
  EXPECT_EQ(cold.stretch(0.7, 2500), 16U);
  EXPECT_EQ(cold.stretch(0.7, 100), 16U) << "only a doubling is judged";
}

TEST(WalkWidth, ADoublingThatBringsNothingIsTakenBackAndThreeAreEnough) {
  Tree busy(2, 16);
  int tries = 0;
  for (int i = 0; i < 200; ++i) tries += busy.stretch(0.9, 1000) == 4 ? 1 : 0;
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(busy.stretch(0.9, 1000), 2U);
}

TEST(WalkWidth, AnOddWidthIsTakenBackToWhatItWas) {
  Tree busy(3, 16);
  EXPECT_EQ(busy.stretch(0.9, 1000), 6U);
  EXPECT_EQ(busy.stretch(0.9, 1000), 3U);
  Tree bounded(3, 5);
  EXPECT_EQ(bounded.stretch(0.9, 1000), 5U);
  EXPECT_EQ(bounded.stretch(0.9, 1000), 3U);
}

TEST(WalkWidth, TheBoundIsKeptWhereItIsNoMoreThanTheBeginning) {
  Tree bounded(4, 4);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(bounded.stretch(0.9, 1000U << i), 4U);
}

TEST(WalkWidth, NothingIsDecidedBeforeAStretchIsLongEnough) {
  WalkWidth width(2, 16);
  EXPECT_EQ(width.after({10.05, 0.05, 0.05, 500}), 2U);
  EXPECT_EQ(width.after({10.08, 0.05, 0.05, 500}), 2U);
  EXPECT_EQ(width.after({10.11, 0.05, 0.05, 500}), 4U);
}

TEST(LapBetween, AThreadThatGaveUpTheProcessorWaitedAsLongAsItDidNotWork) {
  const WalkLap lap = lap_between({5, 1, 10, 3}, {7, 1.5, 30, 3}, 42);
  EXPECT_DOUBLE_EQ(lap.ended_at, 7);
  EXPECT_DOUBLE_EQ(lap.seconds, 2);
  EXPECT_DOUBLE_EQ(lap.waited_seconds, 1.5);
  EXPECT_EQ(lap.entries, 42U);
}

TEST(LapBetween, AThreadWhoseProcessorOthersTookDidNotWait) {
  EXPECT_DOUBLE_EQ(lap_between({5, 1, 10, 3}, {7, 1.5, 10, 90}, 1).waited_seconds, 0);
  EXPECT_DOUBLE_EQ(lap_between({5, 1, 10, 3}, {7, 2, 20, 33}, 1).waited_seconds, 0.25);
}

TEST(LapBetween, AThreadThatWorkedMoreThanTheClockSaysDidNotWait) {
  EXPECT_DOUBLE_EQ(lap_between({5, 1, 10, 3}, {7, 3.5, 30, 3}, 1).waited_seconds, 0);
}

}  // namespace
}  // namespace foldersync
