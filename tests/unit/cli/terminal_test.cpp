#include "cli/console/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace foldersync {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text(std::uint64_t actions, std::uint64_t total_actions, std::uint64_t bytes,
                 std::uint64_t total_bytes, double seconds) {
  ProgressCounts counts;
  counts.actions = actions;
  counts.total_actions = total_actions;
  counts.bytes = bytes;
  counts.total_bytes = total_bytes;
  return progress_text(counts, seconds);
}

TEST(ProgressText, BeforeThereIsAPlanItSaysSo) { EXPECT_EQ(text(0, 0, 0, 0, 3), "comparing"); }

TEST(ProgressText, TellsActionsBytesRateAndTimeLeft) {
  EXPECT_EQ(text(250, 1000, 512, 2048, 10),
            "250 of 1,000 actions, 512 B of 2.0 KiB, 51 B/s, 0:30 left");
}

TEST(ProgressText, TimeLeftIsRoundedUpToSecondsAndShownInMinutes) {
  EXPECT_THAT(text(1, 2, 100, 200, 61.2), HasSubstr(", 1:02 left"));
  EXPECT_THAT(text(1, 2, 1, 3601, 1), HasSubstr(", 60:00 left"));
}

TEST(ProgressText, WithoutBytesActionsTellTheTimeLeft) {
  EXPECT_THAT(text(1, 4, 0, 0, 5), HasSubstr(", 0:15 left"));
}

TEST(ProgressText, AtTheStartAndAtTheEndThereIsNoTimeLeft) {
  EXPECT_THAT(text(0, 4, 0, 100, 5), Not(HasSubstr("left")));
  EXPECT_THAT(text(4, 4, 100, 100, 5), Not(HasSubstr("left")));
  EXPECT_THAT(text(4, 4, 300, 100, 5), Not(HasSubstr("left")));
}

TEST(ProgressText, NoTimeHasPassedAtFirst) {
  EXPECT_THAT(text(1, 4, 10, 100, 0), HasSubstr("0 B/s"));
}

}  // namespace
}  // namespace foldersync
