#include "apply/backup_prune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fs/posix_file_system.h"
#include "support/disk_tree.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Milliseconds since 1970 in the first twelve digits.
const std::string kFirst = "000000000001-7000-8000-000000000000";

std::string id_of(const char* first, const char* second) {
  return std::string(first) + "-" + second + "-7abc-8000-0123456789ab";
}

const std::string kDayOne = id_of("00000526", "5c00");    // 86,400,000 ms
const std::string kDayTwo = id_of("00000a4c", "b800");    // twice that
const std::string kDayThree = id_of("00000f73", "1400");  // three times

TEST(BackupKeep, IsANumberOrDays) {
  ASSERT_TRUE(parse_backup_keep("5"));
  EXPECT_EQ(parse_backup_keep("5")->amount, 5U);
  EXPECT_FALSE(parse_backup_keep("5")->is_days);
  EXPECT_TRUE(parse_backup_keep("30d")->is_days);
  for (const char* wrong : {"", "d", "0", "0d", "-1", "+1", " 1", "1 ", "1w", "1.5", "1000001"}) {
    EXPECT_FALSE(parse_backup_keep(wrong)) << wrong;
  }
}

TEST(OutdatedBackups, AreAllButTheNewest) {
  EXPECT_THAT(outdated_backups({kDayThree, kDayOne, kDayTwo}, {2, false}, {}),
              ElementsAre(kDayOne));
  EXPECT_THAT(outdated_backups({kDayOne, kDayTwo}, {2, false}, {}), IsEmpty());
}

TEST(OutdatedBackups, AreOlderThanSoManyDays) {
  const FileTime day_four{4 * 86'400, 0};
  EXPECT_THAT(outdated_backups({kDayThree, kDayOne, kDayTwo}, {2, true}, day_four),
              ElementsAre(kDayOne));
  EXPECT_THAT(outdated_backups({kDayThree, kDayOne, kDayTwo}, {3, true}, day_four), IsEmpty());
}

TEST(OutdatedBackups, OfTheSamePlanCountEach) {
  EXPECT_THAT(outdated_backups({kDayOne + ".2", kDayOne, kDayTwo}, {1, false}, {}),
              ElementsAre(kDayOne, kDayOne + ".2"));
}

TEST(OutdatedBackups, HaveTheNameOfAPlan) {
  const std::string other_version = "00000526-5c00-4abc-8000-0123456789ab";
  EXPECT_THAT(outdated_backups({"mine", kFirst, other_version, kDayOne + ".x", kDayOne + ".",
                                kDayOne + "x", "00000526-5c00-7abc-8000-0123456789aZ", ""},
                               {1, true}, {1'000'000'000, 0}),
              IsEmpty());
}

TEST(PruneBackups, RemovesWhatNeverBecameOneADayLater) {
  ScratchFolder scratch;
  plant({{kDayOne, directory()},
         {kDayOne + "/tree", directory()},
         {kDayOne + ".2", directory()},
         {kDayTwo, directory()},
         {kDayTwo + "/tree", directory()},
         {kDayTwo + "/tree/kept", file("x")},
         {kDayThree, directory()},
         {kDayThree + "/tree", directory()},
         {"mine", directory()}},
        scratch.path());
  PosixFileSystem fs;
  const auto names = [&] {
    std::vector<std::string> found;
    for (const auto& [path, entry] : read_tree(scratch.path())) {
      if (path != "." && path.find('/') == std::string::npos) found.push_back(path);
    }
    return found;
  };
  const FileTime day_three{3 * 86'400, 0};
  const auto removed = prune_backups(fs, scratch.path(), {1, false}, day_three);
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(*removed, 0U) << "none of them was a backup";
  EXPECT_THAT(names(), UnorderedElementsAre(kDayTwo, kDayThree, "mine"));
}

}  // namespace
}  // namespace foldersync
