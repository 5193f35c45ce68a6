#include "cli/console/progress_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/columns.h"

namespace foldersync {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kMiB = 1024 * 1024;

// So far it got in ten seconds.
Estimate after_ten_seconds(const Progressed& now) {
  Progressed before;
  before.total_actions = now.total_actions;
  before.total_bytes = now.total_bytes;
  Estimate estimate;
  estimate.see(point_of(before, 0));
  estimate.see(point_of(now, 10));
  return estimate;
}

std::string text(const Progressed& now) { return progress_text(now, after_ten_seconds(now)); }
std::string line(const Progressed& now, std::size_t columns) {
  return progress_line(now, after_ten_seconds(now), columns);
}

Progressed applying() {
  Progressed now;
  now.total_actions = 32'232;
  now.prepared = 12'345;
  now.settled = 10'000;
  now.total_bytes = 4096 * kMiB;
  now.bytes = 1024 * kMiB;
  return now;
}

TEST(ProgressText, BeforeThereIsAPlanItSaysSoAndCounts) {
  EXPECT_EQ(text({}), "comparing");
  EXPECT_EQ(text({.entries = 40'211}), "comparing, 40,211 entries");
  EXPECT_EQ(text({.entries = 40'211, .files_read = 1, .bytes_read = 20'480}),
            "comparing, 40,211 entries, 1 file, 20.0 KiB read, 2.0 KiB/s");
}

TEST(ProgressText, VerifyingTellsWhatIsRead) {
  EXPECT_EQ(text({.files_read = 1024, .bytes_read = 10 * kMiB}),
            "verifying: 1,024 files, 10.0 MiB read, 1.0 MiB/s");
}

TEST(ProgressText, TellsActionsBytesRateAndTimeLeft) {
  Progressed now = applying();
  EXPECT_EQ(text(now), "12,345 of 32,232 actions, 1.0 GiB of 4.0 GiB, 102.4 MiB/s, 0:26 left");
  now.path = "big/file";
  now.size = 2048 * kMiB;
  now.copied = 512 * kMiB;
  EXPECT_THAT(text(now), HasSubstr(" of 4.0 GiB, big/file: 25 % of 2.0 GiB, "));
}

TEST(ProgressText, AtTheStartAndAtTheEndThereIsNoTimeLeft) {
  Progressed now = applying();
  now.prepared = now.settled = now.bytes = 0;
  EXPECT_THAT(text(now), Not(HasSubstr("left")));
  EXPECT_EQ(percent_of(now), 0);
  now.prepared = now.settled = now.total_actions;
  now.bytes = now.total_bytes;
  EXPECT_THAT(text(now), Not(HasSubstr("left")));
  EXPECT_EQ(percent_of(now), 100);
  now.bytes *= 2;  // some files were copied twice
  EXPECT_EQ(percent_of(now), 100);
}

TEST(ProgressText, WithoutBytesActionsTellHowFarItIs) {
  Progressed now;
  now.total_actions = 4;
  now.prepared = 2;
  EXPECT_EQ(percent_of(now), 25) << "what is prepared is half done";
  now.settled = 2;
  EXPECT_EQ(percent_of(now), 50);
  EXPECT_EQ(line(now, 80), "50 %, 0:10 left, 2 of 4 actions");
}

TEST(ProgressText, TimeLeftIsRoundedUpToSecondsAndShownInMinutes) {
  Progressed now;
  now.total_actions = 1000;
  now.settled = 125;
  EXPECT_THAT(text(now), HasSubstr(", 1:10 left"));
}

TEST(ProgressLine, TheMostImportantComesFirstAndTheRestWhereThereIsRoom) {
  Progressed now = applying();
  now.path = "pictures/2024/a long name of a film.mkv";
  now.size = 2048 * kMiB;
  now.copied = 512 * kMiB;
  EXPECT_EQ(line(now, 10), "28 %");
  EXPECT_EQ(line(now, 39), "28 %, 0:26 left, 1.0 GiB of 4.0 GiB");
  EXPECT_EQ(line(now, 79),
            "28 %, 0:26 left, 1.0 GiB of 4.0 GiB, 102.4 MiB/s, 12,345 of 32,232 actions");
  EXPECT_EQ(line(now, 199),
            "28 %, 0:26 left, 1.0 GiB of 4.0 GiB, 102.4 MiB/s, 12,345 of 32,232 actions, "
            "pictures/2024/a long name of a film.mkv: 25 % of 2.0 GiB");
}

TEST(ProgressLine, OfALongPathTheMiddleIsLeftOutAndHowMuchIsCopiedStays) {
  Progressed now = applying();
  now.path = "pictures/2024/a long name of a film.mkv";
  now.size = 2048 * kMiB;
  now.copied = 512 * kMiB;
  EXPECT_EQ(line(now, 110),
            "28 %, 0:26 left, 1.0 GiB of 4.0 GiB, 102.4 MiB/s, 12,345 of 32,232 actions, "
            "picture...ilm.mkv: 25 % of 2.0 GiB");
  EXPECT_EQ(line(now, 102), line(now, 79));
}

TEST(ProgressLine, IsNeverWiderThanTheTerminal) {
  Progressed now = applying();
  now.path = "\u6f22\u5b57/\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57e\u0301";
  now.size = 2048 * kMiB;
  for (std::size_t columns = 0; columns < 200; ++columns) {
    EXPECT_LE(columns_of(line(now, columns)), columns);
    EXPECT_LE(columns_of(line({.entries = 40'211, .files_read = 9, .bytes_read = 9}, columns)),
              columns);
  }
}

}  // namespace
}  // namespace foldersync
