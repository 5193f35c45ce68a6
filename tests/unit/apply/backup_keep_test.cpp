#include "apply/backup/backup_keep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "apply/backup/backup_name.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FileTime at(const std::string& time) { return *parse_file_time(time + ":00.000000000Z"); }
std::string named(const std::string& time) {
  return backup_name(at(time), "019a0d3e-5b80-7c3a-9f21-0123456789ab");
}
std::vector<std::string> all_named(const std::vector<std::string>& times) {
  std::vector<std::string> names;
  for (const std::string& time : times) names.push_back(named(time));
  return names;
}

// Those of 86,400,000 ms and twice that.
const std::string kOldDayOne = "00000526-5c00-7abc-8000-0123456789ab";
const std::string kOldDayTwo = "00000a4c-b800-7abc-8000-0123456789ab";

TEST(BackupName, IsTheTimeAndAShortId) {
  const FileTime time{1'764'559'215, 123'456'789};
  const std::string name = backup_name(time, "019a0d3e-5b80-7c3a-9f21-0123456789ab");
  EXPECT_EQ(name, "2025-12-01T03.20.15.123Z-456789ab");
  EXPECT_EQ(time_of_backup(name), (FileTime{1'764'559'215, 123'000'000}));
  EXPECT_EQ(time_of_backup(name + ".2"), time_of_backup(name));
  EXPECT_EQ(name.find(':'), std::string::npos);
}

TEST(BackupName, OfAnOlderVersionIsTheIdOfItsPlan) {
  EXPECT_EQ(time_of_backup(kOldDayOne), (FileTime{86'400, 0}));
  EXPECT_EQ(time_of_backup(kOldDayTwo + ".12"), (FileTime{172'800, 0}));
}

TEST(BackupName, SortsByTimeAlsoWithinOneSecond) {
  EXPECT_LT(backup_name({100, 1'000'000}, "ffffffff"), backup_name({100, 2'000'000}, "00000000"));
}

TEST(BackupName, IsNoOther) {
  const std::string name = named("2026-12-01T03:20");
  for (const std::string& wrong :
       {std::string("mine"), std::string(), name + ".x", name + ".", name + "x",
        name.substr(0, name.size() - 1), "x" + name,
        std::string("2026-13-01T03.20.15.123Z-456789ab"),
        std::string("2026-12-01T03:20:15.123Z-456789ab"),
        std::string("2026-12-01T03.20.15.123Z-456789aB"),
        std::string("00000526-5c00-4abc-8000-0123456789ab"), kOldDayOne + ".x",
        std::string("00000526-5c00-7abc-8000-0123456789aZ"),
        std::string("000000000001-7000-8000-000000000000")}) {
    EXPECT_FALSE(time_of_backup(wrong)) << wrong;
  }
}

TEST(BackupKeep, IsANumberOrDaysOrSpans) {
  EXPECT_EQ(parse_backup_keep("5")->newest, 5U);
  EXPECT_EQ(parse_backup_keep("30d")->all_of_days, 30U);
  EXPECT_EQ(parse_backup_keep("12m")->months, 12U);
  const auto rotation = parse_backup_keep("3,24h,7d,4w,12m");
  ASSERT_TRUE(rotation);
  EXPECT_EQ(rotation->newest, 3U);
  EXPECT_EQ(rotation->hours, 24U);
  EXPECT_EQ(rotation->days, 7U);
  EXPECT_EQ(rotation->all_of_days, 0U);
  EXPECT_EQ(rotation->weeks, 4U);
  EXPECT_EQ(rotation->months, 12U);
}

TEST(BackupKeep, IsNothingElse) {
  for (const char* wrong : {"", "d", "0", "0d", "-1", "+1", " 1", "1 ", "1y", "1.5", "1000001", ",",
                            "1,", ",1", "7d,,4w", "7d,0w", "7d,7d", "1,2", "7d 4w"}) {
    EXPECT_FALSE(parse_backup_keep(wrong)) << wrong;
  }
}

TEST(OutdatedBackups, AreAllButTheNewest) {
  const std::string newer = named("2026-12-01T03:20");
  EXPECT_THAT(outdated_backups({newer, kOldDayOne, kOldDayTwo}, {.newest = 1}, {}),
              ElementsAre(kOldDayOne, kOldDayTwo));
  EXPECT_THAT(outdated_backups({kOldDayOne, kOldDayTwo}, {.newest = 2}, {}), IsEmpty());
}

TEST(OutdatedBackups, AreOlderThanSoManyDays) {
  const FileTime day_four{4 * 86'400, 0};
  EXPECT_THAT(outdated_backups({kOldDayTwo, kOldDayOne}, {.all_of_days = 2}, day_four),
              ElementsAre(kOldDayOne));
  EXPECT_THAT(outdated_backups({kOldDayTwo, kOldDayOne}, {.all_of_days = 3}, day_four), IsEmpty());
}

TEST(OutdatedBackups, OfTheSameNameCountEach) {
  EXPECT_THAT(outdated_backups({kOldDayOne + ".2", kOldDayOne, kOldDayTwo}, {.newest = 1}, {}),
              ElementsAre(kOldDayOne, kOldDayOne + ".2"));
}

TEST(OutdatedBackups, AreNothingThatHasAnotherName) {
  EXPECT_THAT(outdated_backups({"mine", ""}, {.all_of_days = 1}, {1'000'000'000, 0}), IsEmpty());
}

TEST(OutdatedBackups, ARotationKeepsTheNewestOfEachHour) {
  const auto names = all_named({"2026-12-01T01:10", "2026-12-01T01:50", "2026-12-01T02:00",
                                "2026-12-01T02:59", "2026-12-01T05:30"});
  EXPECT_THAT(outdated_backups(names, {.hours = 2}, {}), ElementsAre(names[0], names[1], names[2]));
  EXPECT_THAT(outdated_backups(names, {.hours = 24}, {}), ElementsAre(names[0], names[2]));
}

TEST(OutdatedBackups, WeeksBeginOnMondayAndMonthsOnTheirFirst) {
  // A Sunday, a Monday, the last of a month and the first of the next.
  const auto names =
      all_named({"2026-11-29T12:00", "2026-11-30T00:00", "2026-11-30T23:59", "2026-12-01T00:00"});
  EXPECT_THAT(outdated_backups(names, {.weeks = 9}, {}), ElementsAre(names[1], names[2]));
  EXPECT_THAT(outdated_backups(names, {.months = 9}, {}), ElementsAre(names[0], names[1]));
  EXPECT_THAT(outdated_backups(names, {.days = 9}, {}), ElementsAre(names[1]));
}

TEST(OutdatedBackups, WhatOneSpanKeepsTheOthersNeedNot) {
  const auto names = all_named({"2026-09-10T00:00", "2026-10-10T00:00", "2026-11-10T00:00",
                                "2026-12-10T00:00", "2026-12-10T06:00", "2026-12-11T00:00"});
  EXPECT_THAT(outdated_backups(names, {.days = 2, .months = 3}, {}),
              ElementsAre(names[0], names[3]));
}

TEST(OutdatedBackups, ThatOfThisRunIsTheNewestOfItsSpanAndStays) {
  const auto names = all_named({"2026-12-01T01:10", "2026-12-01T01:50"});
  EXPECT_THAT(outdated_backups(names, {.hours = 1}, {}, named("2026-12-01T01:20")),
              ElementsAre(names[0], names[1]));
  EXPECT_THAT(outdated_backups({kOldDayTwo}, {.newest = 1}, {}, kOldDayOne),
              ElementsAre(kOldDayTwo));
}

TEST(BehindAGap, AreThoseBeforeWhichSomeGoAndOlderOnesStay) {
  const auto names = all_named({"2026-12-01T01:00", "2026-12-01T02:00", "2026-12-01T03:00",
                                "2026-12-01T04:00", "2026-12-01T05:00"});
  EXPECT_THAT(behind_a_gap(names, {names[0], names[1]}), IsEmpty());
  EXPECT_THAT(behind_a_gap(names, {names[0], names[2], names[3]}), ElementsAre(names[4]));
  EXPECT_THAT(behind_a_gap(names, {names[1], names[3]}), ElementsAre(names[2], names[4]));
  EXPECT_THAT(behind_a_gap({names[0], names[1]}, {names[1]}, names[4]), ElementsAre(names[4]));
}

TEST(OutdatedBackups, TimesBeforeNineteenSeventyHaveTheirDays) {
  const auto names = all_named({"1969-12-31T23:00", "1970-01-01T01:00"});
  EXPECT_THAT(outdated_backups(names, {.days = 9}, {}), IsEmpty());
}

}  // namespace
}  // namespace foldersync
