#include "cli/values/time_window.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/loop/schedule.h"
#include "fs/clock.h"

namespace foldersync {
namespace {

TEST(TimeOfDay, HoursAndMinutes) {
  EXPECT_EQ(parse_time_of_day("00:00"), 0);
  EXPECT_EQ(parse_time_of_day("8:30"), 510);
  EXPECT_EQ(parse_time_of_day("23:59"), 1439);
  EXPECT_EQ(parse_time_of_day("24:00"), 1440);
  for (const char* text : {"", ":", "8", "8:", ":30", "8:3", "8:300", "24:01", "25:00", "12:60",
                           "-8:30", "8:-3", "008:30", " 8:30", "8:30 ", "8.30", "8:30:00"}) {
    EXPECT_EQ(parse_time_of_day(text), std::nullopt) << text;
  }
}

TEST(TimeRanges, OneOrSeveral) {
  using Ranges = std::vector<TimeRange>;
  EXPECT_EQ(parse_time_ranges("22:00-06:00"), (Ranges{{1320, 360}}));
  EXPECT_EQ(parse_time_ranges("0:00-24:00"), (Ranges{{0, 1440}}));
  EXPECT_EQ(parse_time_ranges("12:00-13:00,22:00-06:00"), (Ranges{{720, 780}, {1320, 360}}));
  EXPECT_EQ(to_string({{720, 785}, {1320, 360}}), "12:00-13:05,22:00-06:00");
  for (const char* text : {"", "22:00", "22:00-", "-06:00", "22:00-06:00,", ",22:00-06:00",
                           "22:00-22:00", "24:00-06:00", "22:00-06:00 ", "22-6", "22:00-06:00-"}) {
    EXPECT_EQ(parse_time_ranges(text), std::nullopt) << text;
  }
}

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

// In Central Europe, whose clocks are set forward on 29 March 2026 and back on 25 October at 01:00
// UTC.
class TimeWindowTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); }
  void TearDown() override { ::unsetenv("TZ"); }

  static TimeWindow window(const char* ranges) {
    return {parse_time_ranges(ranges).value(), zone_offset};
  }
  // Hours of which it is open, from the time on, counted by minutes.
  static double open_hours(const TimeWindow& window, std::int64_t from, int hours) {
    int minutes = 0;
    for (int at = 0; at < hours * 60; ++at) minutes += window.is_open(from + at * 60) ? 1 : 0;
    return minutes / 60.0;
  }

  static constexpr std::int64_t kWinter = 1767222000;   // 1 January 2026, 00:00 by the clocks
  static constexpr std::int64_t kForward = 1774746000;  // they show 03:00, and before it 01:59:59
  static constexpr std::int64_t kBack = 1792890000;     // they show 02:00, and before it 02:59:59
};

TEST_F(TimeWindowTest, ARangeIsOpenFromItsBeginningToBeforeItsEnd) {
  const TimeWindow noon = window("12:00-13:30");
  EXPECT_FALSE(noon.is_open(kWinter + 12 * kHour - 1));
  EXPECT_TRUE(noon.is_open(kWinter + 12 * kHour));
  EXPECT_TRUE(noon.is_open(kWinter + 13 * kHour + 1799));
  EXPECT_FALSE(noon.is_open(kWinter + 13 * kHour + 1800));
}

TEST_F(TimeWindowTest, ARangeMayGoOverMidnight) {
  const TimeWindow night = window("22:00-06:00");
  EXPECT_TRUE(night.is_open(kWinter));
  EXPECT_FALSE(night.is_open(kWinter + 6 * kHour));
  EXPECT_TRUE(night.is_open(kWinter + 23 * kHour));
  EXPECT_EQ(open_hours(night, kWinter, 24), 8);
}

TEST_F(TimeWindowTest, ADayIsOpenAllOfIt) {
  EXPECT_EQ(open_hours(window("00:00-24:00"), kForward - kDay, 72), 72);
  EXPECT_EQ(open_hours(window("12:00-24:00,00:00-12:00"), kBack - kDay, 72), 72);
}

TEST_F(TimeWindowTest, TellsWhenItOpensAndCloses) {
  const TimeWindow two = window("12:00-13:00,22:00-06:00");
  EXPECT_EQ(two.opens_at(kWinter + 7 * kHour + 7), kWinter + 12 * kHour);
  EXPECT_EQ(two.opens_at(kWinter + 12 * kHour + 7), kWinter + 12 * kHour + 7);
  EXPECT_EQ(two.opens_at(kWinter + 13 * kHour), kWinter + 22 * kHour);
  EXPECT_EQ(two.closes_at(kWinter + 22 * kHour), kWinter + 30 * kHour);
  EXPECT_EQ(two.clock_text(static_cast<double>(kWinter + 22 * kHour + 90)), "22:01");
}

TEST_F(TimeWindowTest, GoesByTheClocksWhereTheyAreSetForward) {
  const std::int64_t midnight = kForward - 2 * kHour;
  EXPECT_EQ(window("22:00-06:00").closes_at(midnight), midnight + 5 * kHour);
  EXPECT_EQ(window("04:00-05:00").opens_at(midnight), midnight + 3 * kHour);
  EXPECT_EQ(open_hours(window("01:30-02:30"), midnight, 12), 0.5);
  EXPECT_EQ(open_hours(window("02:30-03:30"), midnight, 12), 0.5);
  EXPECT_EQ(open_hours(window("01:30-03:30"), midnight, 12), 1);
}

TEST_F(TimeWindowTest, ARangeThatTheClocksWereSetOverIsOpenAfterIt) {
  EXPECT_EQ(window("02:00-03:00").opens_at(kForward - kHour), kForward);
  EXPECT_EQ(open_hours(window("02:00-03:00"), kForward - kHour, 12), 1);
  EXPECT_EQ(window("02:15-02:45").opens_at(kForward - kHour), kForward + kHour / 4);
  EXPECT_EQ(open_hours(window("02:15-02:45"), kForward - kHour, 12), 0.5);
}

TEST_F(TimeWindowTest, AnHourThatComesTwiceIsOpenTwice) {
  const std::int64_t midnight = kBack - 3 * kHour;
  EXPECT_EQ(open_hours(window("02:00-03:00"), midnight, 12), 2);
  EXPECT_EQ(open_hours(window("22:00-06:00"), midnight, 12), 7);
  const TimeWindow half = window("01:30-02:30");
  EXPECT_EQ(half.closes_at(kBack - kHour), kBack - kHour / 2);
  EXPECT_EQ(half.opens_at(kBack - kHour / 2), kBack);
  EXPECT_EQ(half.closes_at(kBack), kBack + kHour / 2);
}

TEST_F(TimeWindowTest, NoWindowOpensWhereItIsOtherTimesOfTheYear) {
  for (int day = 0; day < 366; ++day) {
    const std::int64_t now = kWinter + day * kDay;
    const std::int64_t opens = window("02:00-03:00").opens_at(now);
    EXPECT_TRUE(opens >= now && opens <= now + kDay) << day;
  }
}

TEST_F(TimeWindowTest, StartsWaitForTheWindowAndThenAtRandom) {
  const auto winter = static_cast<double>(kWinter);
  const Starts night{.jitter = 600, .window = window("22:00-22:05")};
  EXPECT_EQ(night.begin_of(winter + 12 * kHour, 0), winter + 22 * kHour);
  EXPECT_EQ(night.begin_of(winter + 12 * kHour, 0.5), winter + 22 * kHour + 150);
  EXPECT_EQ(night.begin_of(winter + 22 * kHour + 100, 0.5), winter + 22 * kHour + 200);
  EXPECT_TRUE(night.is_outside(winter));
  EXPECT_FALSE(night.is_outside(winter + 22 * kHour + 299));
}

}  // namespace
}  // namespace foldersync
