#include "cli/option_values.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

TEST(ParseRate, BytesAndTheirMultiples) {
  EXPECT_EQ(parse_rate("0"), 0U);
  EXPECT_EQ(parse_rate("500000"), 500'000U);
  EXPECT_EQ(parse_rate("512K"), 512U << 10U);
  EXPECT_EQ(parse_rate("20M"), 20U << 20U);
  EXPECT_EQ(parse_rate("1G"), 1U << 30U);
}

TEST(ParseRate, AnythingElseIsNone) {
  for (const char* text : {"", "K", "-1", "+1", "1.5M", "1T", "1KB", "1 K", " 1", "1k",
                           "99999999999999999999", "18446744073709551615", "99999999999G"}) {
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
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
