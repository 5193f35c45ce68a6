#include "cli/values/option_values.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

TEST(ParseRate, BytesAndTheirMultiples) {
  EXPECT_EQ(parse_rate("0"), 0U);
  EXPECT_EQ(parse_rate("500000"), 500'000U);
  EXPECT_EQ(parse_rate("512K"), 512U << 10U);
  EXPECT_EQ(parse_rate("20M"), 20U << 20U);
  EXPECT_EQ(parse_rate("1G"), 1U << 30U);
  EXPECT_EQ(parse_rate("1.5m"), 3U << 19U);
  EXPECT_EQ(parse_rate("10MB"), 10'000'000U);
  EXPECT_EQ(parse_rate("10MiB"), 10U << 20U);
  EXPECT_EQ(parse_rate("2kb"), 2'000U);
  EXPECT_EQ(parse_rate("1T"), std::uint64_t{1} << 40U);
}

TEST(ParseRate, AnythingElseIsNone) {
  for (const char* text :
       {"", "K", "-1", "+1", "1.5.5M", "1P", "1KBB", "1Ki", "1 K", " 1", "0.1", "1.5", "1e3", "0x1",
        "1B", "99999999999999999999", "18446744073709551615", "99999999999G"}) {
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
  }
}

TEST(ParseSeconds, PlainOrWithUnits) {
  EXPECT_EQ(parse_seconds("0.5"), 0.5);
  EXPECT_EQ(parse_seconds("90s"), 90);
  EXPECT_EQ(parse_seconds("5m"), 300);
  EXPECT_EQ(parse_seconds("1h30m"), 5'400);
  EXPECT_EQ(parse_seconds("2d1s"), 172'801);
  EXPECT_EQ(parse_seconds("0.5h"), 1'800);
  EXPECT_EQ(parse_whole_seconds("1d"), 86'400U);
}

TEST(ParseSeconds, AnythingElseIsNone) {
  for (const char* text : {"", "m", "5 m", "5M", "5x", "30m1h", "1m1m", "1h30", "-5m", "5m ",
                           "1.m.", ".", "infm", "nan"}) {
    EXPECT_EQ(parse_seconds(text), std::nullopt) << text;
  }
}

TEST(ParseIoPriority, ClassesAndLevels) {
  const auto idle = parse_io_priority("idle");
  ASSERT_TRUE(idle);
  EXPECT_EQ(idle->io_class, IoClass::kIdle);
  const auto low = parse_io_priority("best-effort:7");
  ASSERT_TRUE(low);
  EXPECT_EQ(low->io_class, IoClass::kBestEffort);
  EXPECT_EQ(low->level, 7);
  const auto urgent = parse_io_priority("realtime:0");
  ASSERT_TRUE(urgent);
  EXPECT_EQ(urgent->io_class, IoClass::kRealtime);
  EXPECT_EQ(urgent->level, 0);
  EXPECT_EQ(parse_io_priority("best-effort")->level, 4);
}

TEST(ParseIoPriority, AnythingElseIsNone) {
  for (const char* text : {"", "idle:1", "best-effort:", "best-effort:8", "best-effort:-1",
                           "best-effort:10", "realtime:x", "Idle", "3"}) {
    EXPECT_FALSE(parse_io_priority(text)) << text;
  }
}

}  // namespace
}  // namespace foldersync
