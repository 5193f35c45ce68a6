#include "cli/values/timetable.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

std::uint64_t rate_at(const char* table, int hours, int minutes = 0) {
  const auto parsed = Timetable::parse(table);
  EXPECT_TRUE(parsed) << table;
  return parsed ? parsed->at(hours * 60 + minutes) : 12345;
}

TEST(Timetable, OneRateCountsAlways) {
  EXPECT_EQ(rate_at("512K", 0), 512U << 10U);
  EXPECT_EQ(rate_at("512K", 23, 59), 512U << 10U);
  EXPECT_FALSE(Timetable::parse("512K")->changes());
  for (const char* none : {"0", "off"}) {
    EXPECT_EQ(rate_at(none, 12), 0U);
    EXPECT_FALSE(Timetable::parse(none)->is_bound());
  }
  EXPECT_FALSE(Timetable().is_bound());
}

TEST(Timetable, EachEntryCountsUntilTheNext) {
  constexpr const char* kDay = "08:00,512K 12:00,10M 13:00,512K 19:00,off";
  EXPECT_EQ(rate_at(kDay, 8), 512U << 10U);
  EXPECT_EQ(rate_at(kDay, 11, 59), 512U << 10U);
  EXPECT_EQ(rate_at(kDay, 12), 10U << 20U);
  EXPECT_EQ(rate_at(kDay, 13), 512U << 10U);
  EXPECT_EQ(rate_at(kDay, 19), 0U);
  EXPECT_TRUE(Timetable::parse(kDay)->changes());
  EXPECT_TRUE(Timetable::parse(kDay)->is_bound());
}

TEST(Timetable, TheLastOneCountsOverMidnight) {
  EXPECT_EQ(rate_at("08:00,1K 19:00,2K", 0), 2048U);
  EXPECT_EQ(rate_at("08:00,1K 19:00,2K", 7, 59), 2048U);
  EXPECT_EQ(rate_at("08:00,1K", 7), 1024U);
}

TEST(Timetable, TheOrderOfTheTextIsNoMatter) {
  EXPECT_EQ(Timetable::parse("19:00,off  08:00,1K")->entries(),
            Timetable::parse("08:00,1K 19:00,off")->entries());
}

TEST(Timetable, AnythingElseIsNone) {
  for (const char* text :
       {"", " ", "fast", "08:00", "08:00,", ",512K", "08:00,512K 19:00", "08:00,512K,1M",
        "25:00,1K", "24:00,1K", "08:00,1K 08:00,2K", "512K 08:00,1K", "Mon-08:00,1K"}) {
    EXPECT_FALSE(Timetable::parse(text)) << text;
  }
}

}  // namespace
}  // namespace foldersync
