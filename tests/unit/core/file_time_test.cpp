#include "core/file_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <limits>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foldersync {

// Found by GoogleTest: what a failing test prints.
void PrintTo(const FileTime& time, std::ostream* out) { *out << to_string(time); }

void PrintTo(const TimeLimits& limits, std::ostream* out) {
  *out << "{granularity " << limits.granularity << (limits.two_seconds ? " (2 s)" : "");
  if (limits.earliest) *out << ", from " << to_string(*limits.earliest);
  if (limits.latest) *out << ", to " << to_string(*limits.latest);
  *out << "}";
}

namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t kMillisecond = 1'000'000;
constexpr std::uint32_t kSecond = 1'000'000'000;

TimeLimits granularity(std::uint32_t nanoseconds) { return {nanoseconds, false, {}, {}}; }
TimeLimits two_seconds() { return {kSecond, true, {}, {}}; }

// Finest first.
std::vector<TimeLimits> usual_limits() {
  return {granularity(1),
          granularity(100),
          granularity(1'000),
          granularity(kMillisecond),
          granularity(10 * kMillisecond),
          granularity(kSecond),
          two_seconds()};
}

// Times of every size of number, with round and with odd nanoseconds.
FileTime random_time(std::mt19937_64& random) {
  const auto bits = random() % 64;
  auto seconds = static_cast<std::int64_t>(random() >> bits);
  if (random() % 2 == 0) seconds = -seconds - 1;
  constexpr std::array<std::uint32_t, 5> kRound{1, 100, 1'000, 10 * kMillisecond, kSecond};
  const std::uint32_t round = kRound[random() % kRound.size()];
  const auto nanoseconds = static_cast<std::uint32_t>(random() % kSecond);
  return {seconds, nanoseconds - nanoseconds % round};
}

TEST(FileTimeText, IsRfc3339WithNineDecimals) {
  const std::vector<std::pair<FileTime, std::string>> table{
      {{0, 0}, "1970-01-01T00:00:00.000000000Z"},
      {{1'730'000'000, 123'456'789}, "2024-10-27T03:33:20.123456789Z"},
      {{-1, 999'999'999}, "1969-12-31T23:59:59.999999999Z"},
      {{-1, 0}, "1969-12-31T23:59:59.000000000Z"},
      {{951'782'400, 1}, "2000-02-29T00:00:00.000000001Z"},
      {{4'107'542'399, 0}, "2100-02-28T23:59:59.000000000Z"},
      {{4'107'542'400, 0}, "2100-03-01T00:00:00.000000000Z"},
      {{-2'147'483'648, 0}, "1901-12-13T20:45:52.000000000Z"},
      {{-62'167'219'200, 0}, "0000-01-01T00:00:00.000000000Z"},
      {{253'402'300'799, 999'999'999}, "9999-12-31T23:59:59.999999999Z"},
  };
  for (const auto& [time, text] : table) {
    EXPECT_EQ(to_string(time), text);
    EXPECT_EQ(parse_file_time(text), time) << text;
  }
}

TEST(FileTimeText, CountsSecondsOutsideTheYears0To9999) {
  const std::vector<std::pair<FileTime, std::string>> table{
      {{253'402'300'800, 0}, "@253402300800.000000000"},
      {{-62'167'219'201, 999'999'999}, "@-62167219201.999999999"},
      {{kHighest, 999'999'999}, "@9223372036854775807.999999999"},
      {{kLowest, 0}, "@-9223372036854775808.000000000"},
  };
  for (const auto& [time, text] : table) {
    EXPECT_EQ(to_string(time), text);
    EXPECT_EQ(parse_file_time(text), time) << text;
  }
}

TEST(FileTimeText, WhatIsNeverPrintedIsNotRead) {
  for (const char* text : {
           "",
           "2024-10-27",
           "2024-10-27T03:33:20Z",
           "2024-10-27T03:33:20.123Z",
           "2024-10-27T03:33:20.12345678Z",
           "2024-10-27T03:33:20.1234567890Z",
           "2024-10-27 03:33:20.123456789Z",
           "2024-10-27t03:33:20.123456789z",
           "2024-10-27T03:33:20,123456789Z",
           "2024-10-27T03:33:20.123456789",
           "2024-10-27T03:33:20.123456789+",
           "2024-10-27T03:33:20.123456789+00:00",
           " 2024-10-27T03:33:20.123456789Z",
           "2024-10-27T03:33:20.123456789Z ",
           "+024-10-27T03:33:20.123456789Z",
           "2024-1a-27T03:33:20.123456789Z",
           "2024-10-27T03:33:20.12345678:Z",
           "2024-10-27T03:33:20.12345678/Z",
           "2024-00-27T03:33:20.123456789Z",
           "2024-13-27T03:33:20.123456789Z",
           "2024-10-00T03:33:20.123456789Z",
           "2024-10-32T03:33:20.123456789Z",
           "2023-02-29T03:33:20.123456789Z",
           "2100-02-29T03:33:20.123456789Z",
           "2024-10-27T24:00:00.000000000Z",
           "2024-10-27T03:60:20.123456789Z",
           "2016-12-31T23:59:60.000000000Z",
           "@",
           "@.000000000",
           "@-.000000000",
           "@0.000000000",
           "@1730000000.123456789",
           "@253402300799.000000000",
           "@253402300800",
           "@253402300800.",
           "@253402300800.00000000",
           "@253402300800.0000000000",
           "@253402300800,000000000",
           "@0253402300800.000000000",
           "@+253402300800.000000000",
           "@ 253402300800.000000000",
           "@253402300800 .000000000",
           "@253402300800.-00000000",
           "@-0253402300800.000000000",
           "@9223372036854775808.000000000",
           "@-9223372036854775809.000000000",
       }) {
    EXPECT_EQ(parse_file_time(text), std::nullopt) << text;
  }
}

TEST(FileTimeText, PropertyEveryTimeIsReadBack) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    const FileTime time = random_time(random);
    ASSERT_EQ(parse_file_time(to_string(time)), time);
  }
}

TEST(FileTimeText, PropertyAChangedByteIsRefusedOrAnotherTimeThatPrintsTheSame) {
  constexpr std::string_view kBytes = "0123456789-:.TZ@+ /\xFF";
  std::mt19937_64 random(2);
  for (int round = 0; round < 50'000; ++round) {
    std::string text = to_string(random_time(random));
    text[random() % text.size()] = kBytes[random() % kBytes.size()];
    const auto time = parse_file_time(text);
    if (time) {
      ASSERT_EQ(to_string(*time), text);
    }
  }
}

TEST(FileTimeText, PropertyTheCalendarIsTheOneOfTheCLibrary) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20'000; ++round) {
    const auto offset = static_cast<std::int64_t>(random() % 315'569'520'000);
    const std::int64_t seconds = -62'167'219'200 + offset;
    std::tm parts{};
    const std::time_t stamp = seconds;
    ASSERT_NE(gmtime_r(&stamp, &parts), nullptr);
    std::array<char, 100> expected{};
    std::snprintf(expected.data(), expected.size(), "%04d-%02d-%02dT%02d:%02d:%02d.000000000Z",
                  parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                  parts.tm_min, parts.tm_sec);
    ASSERT_EQ(to_string(FileTime{seconds, 0}), expected.data());
  }
}

TEST(FileTime, IsOrderedBySecondsThenNanoseconds) {
  EXPECT_LT((FileTime{-1, 999'999'999}), (FileTime{0, 0}));
  EXPECT_LT((FileTime{0, 1}), (FileTime{0, 2}));
  EXPECT_LT((FileTime{kLowest, 0}), (FileTime{kHighest, 0}));
}

TEST(StoredAs, WithoutLimitsEveryTimeStays) {
  for (const FileTime time : {FileTime{kLowest, 0}, FileTime{-1, 999'999'999}, FileTime{0, 1},
                              FileTime{kHighest, 999'999'999}}) {
    EXPECT_EQ(stored_as(time, TimeLimits{}), time);
  }
}

TEST(StoredAs, RoundsTowardsThePast) {
  struct Case {
    TimeLimits limits;
    FileTime wanted;
    FileTime held;
  };
  for (const auto& [limits, wanted, held] : std::vector<Case>{
           {granularity(100), {5, 123'456'789}, {5, 123'456'700}},
           {granularity(10 * kMillisecond), {5, 123'456'789}, {5, 120'000'000}},
           {granularity(kSecond), {5, 999'999'999}, {5, 0}},
           {granularity(kSecond), {-5, 999'999'999}, {-5, 0}},
           {granularity(kSecond), {kLowest, 1}, {kLowest, 0}},
           {two_seconds(), {5, 999'999'999}, {4, 0}},
           {two_seconds(), {4, 1}, {4, 0}},
           {two_seconds(), {-3, 500'000'000}, {-4, 0}},
           {two_seconds(), {-4, 500'000'000}, {-4, 0}},
           {two_seconds(), {-1, 0}, {-2, 0}},
           {two_seconds(), {kLowest, 999'999'999}, {kLowest, 0}},
           {two_seconds(), {kLowest + 1, 0}, {kLowest, 0}},
           {two_seconds(), {kHighest, 999'999'999}, {kHighest - 1, 0}},
       }) {
    EXPECT_EQ(stored_as(wanted, limits), held) << to_string(wanted);
  }
}

TEST(StoredAs, ATimeOutsideTheRangeBecomesTheNearestLimit) {
  TimeLimits limits = granularity(kSecond);
  limits.earliest = FileTime{-100, 0};
  limits.latest = FileTime{100, 0};
  EXPECT_EQ(stored_as({-101, 5}, limits), (FileTime{-100, 0}));
  EXPECT_EQ(stored_as({-100, 5}, limits), (FileTime{-100, 0}));
  EXPECT_EQ(stored_as({99, 5}, limits), (FileTime{99, 0}));
  EXPECT_EQ(stored_as({100, 5}, limits), (FileTime{100, 0}));
  EXPECT_EQ(stored_as({kHighest, 0}, limits), (FileTime{100, 0}));
  EXPECT_EQ(stored_as({kLowest, 0}, limits), (FileTime{-100, 0}));
}

TEST(StoredAs, RoundingNeverLeavesTheRange) {
  TimeLimits limits = two_seconds();
  limits.earliest = FileTime{-99, 5};
  EXPECT_EQ(stored_as({-99, 6}, limits), (FileTime{-99, 5}));
}

TEST(StoredAs, PropertyIsMonotonicAndStableAndInsideTheRange) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 20'000; ++round) {
    TimeLimits limits = usual_limits()[random() % usual_limits().size()];
    auto [earliest, latest] = std::minmax({random_time(random), random_time(random)});
    if (random() % 2 == 0) limits.earliest = earliest;
    if (random() % 2 == 0) limits.latest = latest;
    const auto [low, high] = std::minmax({random_time(random), random_time(random)});
    const FileTime held = stored_as(low, limits);
    ASSERT_LE(held, stored_as(high, limits)) << testing::PrintToString(limits);
    ASSERT_EQ(stored_as(held, limits), held) << testing::PrintToString(limits);
    ASSERT_TRUE(!limits.earliest || held >= *limits.earliest) << testing::PrintToString(limits);
    ASSERT_TRUE(!limits.latest || held <= *limits.latest) << testing::PrintToString(limits);
  }
}

TEST(LearnTimes, ATimeThatCameBackAsItWasTeachesNothing) {
  EXPECT_EQ(learn(TimeLimits{}, {5, 123}, {5, 123}), TimeLimits{});
  EXPECT_EQ(learn(two_seconds(), {4, 0}, {4, 0}), two_seconds());
}

TEST(LearnTimes, ARoundedTimeTeachesTheFinestGranularityThatExplainsIt) {
  struct Case {
    FileTime wanted;
    FileTime found;
    TimeLimits learned;
  };
  for (const auto& [wanted, found, learned] : std::vector<Case>{
           {{5, 123'456'789}, {5, 123'456'700}, granularity(100)},
           {{5, 123'456'789}, {5, 123'456'000}, granularity(1'000)},
           {{5, 123'456'789}, {5, 123'000'000}, granularity(kMillisecond)},
           {{5, 123'456'789}, {5, 120'000'000}, granularity(10 * kMillisecond)},
           {{5, 123'456'789}, {5, 0}, granularity(kSecond)},
           {{5, 123'456'789}, {4, 0}, two_seconds()},
           {{5, 0}, {4, 0}, two_seconds()},
           {{-3, 5}, {-4, 0}, two_seconds()},
           {{5, 89}, {5, 0}, granularity(100)},
           {{kLowest + 1, 5}, {kLowest, 0}, two_seconds()},
       }) {
    EXPECT_EQ(learn(TimeLimits{}, wanted, found), learned) << to_string(wanted);
  }
}

TEST(LearnTimes, AnObservationThatIsExplainedAlreadyKeepsTheCoarserGranularity) {
  EXPECT_EQ(learn(two_seconds(), {4, 5}, {4, 0}), two_seconds());
  EXPECT_EQ(learn(granularity(kSecond), {4, 5}, {4, 0}), granularity(kSecond));
}

TEST(LearnTimes, AnEarlierTimeThatRoundingDoesNotExplainIsTheLatestOne) {
  const TimeLimits learned = learn(TimeLimits{}, {4'000'000'000, 0}, {2'147'483'647, 0});
  EXPECT_EQ(learned, (TimeLimits{1, false, {}, FileTime{2'147'483'647, 0}}));
}

TEST(LearnTimes, ALaterTimeIsTheEarliestOne) {
  const TimeLimits learned = learn(granularity(kSecond), {-5'000'000'000, 7}, {315'532'800, 0});
  EXPECT_EQ(learned, (TimeLimits{kSecond, false, FileTime{315'532'800, 0}, {}}));
}

// 64 bits of nanoseconds, and 32 bits of seconds without a sign.
TEST(LearnTimes, ATimeThatHasWrappedIsOutsideOfTheNearestUsualLimit) {
  const TimeLimits nanoseconds = learn(TimeLimits{}, {15'032'385'534, 0}, {-3'414'358'540, 1});
  EXPECT_EQ(nanoseconds, (TimeLimits{1, false, {}, FileTime{9'223'372'036, 0}}));
  const TimeLimits no_sign = learn(granularity(kSecond), {-5, 0}, {4'294'967'291, 0});
  EXPECT_EQ(no_sign, (TimeLimits{kSecond, false, FileTime{0, 0}, {}}));
  const TimeLimits seconds = learn(no_sign, {4'294'967'301, 0}, {5, 0});
  EXPECT_EQ(seconds, (TimeLimits{kSecond, false, FileTime{0, 0}, FileTime{4'294'967'295, 0}}));
}

TEST(LearnTimes, WhatHasWrappedToATimeThatCouldBeAnEndIsNone) {
  for (const std::int64_t low : {2'147'483'647L, 2'147'483'648L, 3'000'000'000L}) {
    const TimeLimits wrapped =
        learn(granularity(kSecond), {(std::int64_t{3} << 32) + low, 5}, {low, 0});
    EXPECT_GT(wrapped.latest->seconds, 4'294'967'294) << low;
  }
}

TEST(LearnTimes, ATimeWithinTheRangeOfAllFileSystemsTeachesNoLimit) {
  EXPECT_EQ(learn(TimeLimits{}, {1'000'000'000, 7}, {900'000'000, 9}), TimeLimits{});
}

TEST(InRange, MovesATimeIntoTheRangeAndRoundsNothing) {
  const TimeLimits range{kSecond, false, FileTime{-100, 0}, FileTime{100, 0}};
  EXPECT_EQ(in_range({-101, 5}, range), (FileTime{-100, 0}));
  EXPECT_EQ(in_range({7, 5}, range), (FileTime{7, 5}));
  EXPECT_EQ(in_range({101, 5}, range), (FileTime{100, 0}));
}

// The fraction cut off, or a number with a sign taken for one without: whole seconds later or not,
// it is no end, and would be refuted by the next such time.
TEST(LearnTimes, AFractionThatIsLostBefore1970SaysThatTimesBeginThere) {
  const TimeLimits from_1970{100, false, FileTime{0, 0}, {}};
  EXPECT_EQ(learn(granularity(100), {-6, 876'543'211}, {-5, 0}), from_1970);
  EXPECT_EQ(learn(granularity(100), {-6, 876'543'211}, {-5, 999'999'999}), from_1970);
  EXPECT_EQ(learn(from_1970, {-70, 5}, {-69, 0}), from_1970);
  EXPECT_EQ(learn(granularity(kSecond), {-5, 0}, {0, 0}),
            (TimeLimits{kSecond, false, FileTime{0, 0}, {}}));
}

TEST(LearnTimes, WhatHasWrappedAroundOneEndSaysNothingOfTheOther) {
  const TimeLimits from_1970{1, false, FileTime{0, 0}, {}};
  const TimeLimits both = learn(from_1970, {15'032'385'534, 0}, {-3'414'358'540, 1});
  EXPECT_EQ(both, (TimeLimits{1, false, FileTime{0, 0}, FileTime{9'223'372'036, 0}}));
  const TimeLimits until{kSecond, false, {}, FileTime{2'147'483'647, 0}};
  const TimeLimits narrow = learn(until, {-5, 0}, {4'294'967'291, 0});
  EXPECT_EQ(narrow, (TimeLimits{kSecond, false, FileTime{0, 0}, FileTime{2'147'483'647, 0}}));
}

TEST(WithRangeOfFat, NarrowsTheRangeToThatOfFat) {
  const TimeLimits fat = with_range_of_fat(granularity(kSecond));
  EXPECT_EQ(to_string(*fat.earliest), "1980-01-02T00:00:00.000000000Z");
  EXPECT_EQ(to_string(*fat.latest), "2107-12-30T23:59:58.000000000Z");
  EXPECT_EQ(with_range_of_fat(fat), fat);
  const TimeLimits narrow{kSecond, true, FileTime{400'000'000, 0}, FileTime{4'000'000'000, 0}};
  EXPECT_EQ(with_range_of_fat(narrow), narrow);
}

TEST(LearnTimes, LimitsThatAnObservationRefutesAreForgotten) {
  const TimeLimits range{kSecond, false, FileTime{-100, 0}, FileTime{100, 0}};
  EXPECT_EQ(learn(range, {200, 0}, {200, 0}), (TimeLimits{kSecond, false, FileTime{-100, 0}, {}}));
  EXPECT_EQ(learn(range, {-200, 0}, {-200, 0}), (TimeLimits{kSecond, false, {}, FileTime{100, 0}}));
  EXPECT_EQ(learn(granularity(kSecond), {5, 1}, {5, 1}), granularity(1));
}

TEST(LearnTimes, AFileSystemThatSetsNoTimesTeachesNothing) {
  EXPECT_EQ(learn(TimeLimits{}, {1'000'000'000, 7}, {1'700'000'000, 9}), TimeLimits{});
}

TEST(LearnTimes, PropertyTheLastObservationIsAlwaysExplained) {
  std::mt19937_64 random(5);
  TimeLimits limits;
  for (int round = 0; round < 50'000; ++round) {
    const FileTime wanted = random_time(random);
    const bool is_rounded = random() % 2 == 0;
    FileTime found = random_time(random);
    if (is_rounded) found = stored_as(wanted, usual_limits()[random() % usual_limits().size()]);
    // No file system begins later than 1980, or ends before 2038; see the tests above.
    if (found > wanted) found.seconds = std::min<std::int64_t>(found.seconds, 315'532'800);
    const bool may_be_end = wanted.seconds > 2'147'483'647 && found.seconds >= 2'147'483'647;
    if (!is_rounded && found < wanted && !may_be_end) continue;
    const bool is_near = found > wanted && found.seconds <= wanted.seconds + 1;
    if (is_near && wanted.seconds < 0) continue;  // see AFractionThatIsLostBefore1970
    limits = learn(limits, wanted, found);
    ASSERT_EQ(stored_as(wanted, limits), found) << testing::PrintToString(limits);
    ASSERT_EQ(learn(limits, wanted, found), limits);
    ASSERT_TRUE(!limits.earliest || !limits.latest || *limits.earliest <= *limits.latest);
  }
}

TEST(LearnTimes, PropertyEverythingThatARealFileSystemShowedStaysExplained) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 500; ++round) {
    TimeLimits real = usual_limits()[random() % usual_limits().size()];
    real.earliest = FileTime{-1'000'000, 0};
    real.latest = FileTime{3'000'000'000, 0};
    TimeLimits learned;
    std::vector<FileTime> seen;
    for (int observation = 0; observation < 30; ++observation) {
      FileTime wanted = random_time(random);
      wanted.seconds = wanted.seconds % 3'000'000 + (wanted.seconds % 2 == 0 ? 0 : 3'000'000'000);
      // Right behind the latest time, rounding and clamping can't be told apart.
      if (wanted.seconds >= 3'000'000'000 && wanted.seconds < 3'000'000'002) wanted.seconds -= 2;
      seen.push_back(wanted);
      learned = learn(learned, wanted, stored_as(wanted, real));
      for (const FileTime& time : seen) {
        ASSERT_EQ(stored_as(time, learned), stored_as(time, real)) << to_string(time);
      }
    }
  }
}

}  // namespace
}  // namespace foldersync
