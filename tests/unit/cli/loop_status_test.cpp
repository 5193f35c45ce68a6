#include "cli/loop/loop_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace foldersync {
namespace {

RunOutcome outcome(ExitCode code, const char* summary, const char* error = "") {
  return {.exit_code = code, .summary = summary, .error = error};
}

TEST(EndedCycles, OneThatIsDoneIsToldAsItIs) {
  EndedCycles ended;
  ended.add(outcome(ExitCode::kDone, "done: unchanged 3"), {100, 0});
  EXPECT_EQ(ended.text(), "done: unchanged 3");
  EXPECT_EQ(ended.failed(), 0);
}

TEST(EndedCycles, FailuresAreCountedFromTheFirstInARow) {
  EndedCycles ended;
  const RunOutcome refused = outcome(ExitCode::kRefused, "", "no source");
  ended.add(refused, {1'000'000'000, 999'999'999});
  EXPECT_EQ(ended.text(), "the last cycle failed at 2001-09-09T01:46:40Z: " + sentence_of(refused));
  const RunOutcome locked = outcome(ExitCode::kLocked, "", "locked");
  ended.add(locked, {1'000'000'100, 0});
  EXPECT_EQ(ended.text(), "2 cycles in a row failed since 2001-09-09T01:46:40Z, the last: " +
                              sentence_of(locked));
  ended.add(outcome(ExitCode::kDone, "done"), {1'000'000'200, 0});
  EXPECT_EQ(ended.text(), "done");
  ended.add(refused, {1'000'000'300, 0});
  EXPECT_EQ(ended.failed(), 1);
}

TEST(Movement, ACycleMovesWhereItHasUsedAProcessor) {
  Movement movement(10);
  EXPECT_TRUE(movement.has_moved(0.001, 11));
  EXPECT_EQ(movement.idle(13), 2);
  EXPECT_FALSE(movement.has_moved(0.001, 13));
  EXPECT_EQ(movement.idle(13), 2);
  EXPECT_TRUE(movement.has_moved(0.00101, 14));
  EXPECT_EQ(movement.idle(14), 0);
}

TEST(Movement, OneThatHasDoneNothingYetHasNotMoved) {
  Movement movement(10);
  EXPECT_FALSE(movement.has_moved(0, 12));
  EXPECT_EQ(movement.idle(12), 2);
}

TEST(WorkText, SaysHowMuchOfAPlanIsDone) {
  Estimate estimate;
  Progressed now;
  EXPECT_EQ(work_text(now, estimate), "comparing");
  now.total_actions = 1000;
  now.total_bytes = 2048;
  estimate.see(point_of(now, 0));
  now.prepared = now.settled = 250;
  now.bytes = 860;
  estimate.see(point_of(now, 10));
  EXPECT_EQ(work_text(now, estimate),
            "applying, 25 %: 250 of 1,000 actions, 860 B of 2.0 KiB, 86 B/s, 0:30 left");
  now.settled = 1001;
  EXPECT_THAT(work_text(now, estimate), testing::StartsWith("applying, 99 %: "));
  now.bytes = 2048;
  EXPECT_THAT(work_text(now, estimate), testing::StartsWith("applying, 100 %: "));
}

}  // namespace
}  // namespace foldersync
