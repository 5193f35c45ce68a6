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
  ProgressCounts counts;
  EXPECT_EQ(work_text(counts, 3), "comparing");
  counts.begin(1000, 2048);
  counts.actions = 250;
  counts.bytes = 860;
  EXPECT_EQ(work_text(counts, 10),
            "applying, 41 %: 250 of 1,000 actions, 860 B of 2.0 KiB, 86 B/s, 0:14 left");
  counts.begin(4, 0);
  counts.actions = 1;
  EXPECT_THAT(work_text(counts, 5), testing::StartsWith("applying, 25 %: "));
  counts.actions = 5;
  EXPECT_THAT(work_text(counts, 5), testing::StartsWith("applying, 100 %: "));
  counts.begin();
  EXPECT_EQ(work_text(counts, 0), "comparing");
}

}  // namespace
}  // namespace foldersync
