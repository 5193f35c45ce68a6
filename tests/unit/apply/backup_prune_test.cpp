#include "apply/backup/backup_prune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apply/backup/backup.h"
#include "format/json.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::UnorderedElementsAre;

// As version 1.0 named them: milliseconds since 1970 in the first twelve digits.
std::string id_of(const char* first, const char* second) {
  return std::string(first) + "-" + second + "-7abc-8000-0123456789ab";
}

const std::string kDayOne = id_of("00000526", "5c00");  // 86,400,000 ms
const std::string kDayTwo = id_of("00000a4c", "b800");  // twice that
const std::string kDayThree = "1970-01-04T00.00.00.000Z-89abcdef";

class PruneBackups : public testing::Test {
 protected:
  PruneBackups() { std::filesystem::create_directory(scratch_ / "mine"); }

  // `made_as`: the name that it was made by; empty: that one.
  void add(const std::string& name, const RootReference& replica, const std::string& made_as = {}) {
    Plan undo;
    undo.kind = PlanKind::kUndo;
    undo.plan_id = kDayOne;
    // The backup folder may have another name by now.
    undo.source = {"/then/" + (made_as.empty() ? name : made_as) + "/" + kBackupTree, "", ""};
    undo.replica = replica;
    std::string text;
    ASSERT_TRUE(write_plan(undo, [&](std::string_view piece) {
                  text += piece;
                  return success();
                }).ok());
    add_text(name, text);
  }

  void add_text(const std::string& name, const std::string& undo) {
    std::filesystem::create_directories(scratch_ / (name + "/" + kBackupTree));
    write_file(scratch_ / (name + "/" + kUndoFile), undo);
  }

  // What is left but for `mine`, where one backup is to be kept.
  std::vector<std::string> left(const std::string& spared = {}) {
    EXPECT_TRUE(prune_backups(fs_, keeping_one(spared)).ok());
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
      if (entry.path().filename() != "mine") found.push_back(entry.path().filename());
    }
    return found;
  }

  PruneOrder keeping_one(const std::string& spared = {}) {
    return {scratch_.path(), kReplica, {.newest = 1}, {}, spared};
  }

  const RootReference kReplica{"/replica", "uuid:1:2", ""};
  ScratchFolder scratch_;
  FileSystem& fs_ = posix_file_system();
};

TEST_F(PruneBackups, RemovesAllButTheNewestOfTheReplica) {
  add(kDayOne, kReplica);
  add(kDayTwo, {"/known/by/another/name", kReplica.identity, ""});
  add(kDayThree, kReplica);
  EXPECT_THAT(left(), UnorderedElementsAre(kDayThree));
}

TEST_F(PruneBackups, WhatOthersGaveALaterNameMakesNoneOfTheOthersOld) {
  add(kDayTwo, kReplica);
  add(kDayThree, kReplica, kDayOne);
  EXPECT_THAT(left(), UnorderedElementsAre(kDayTwo, kDayThree));
}

TEST_F(PruneBackups, ThoseOfAReplicaThatWasMadeByTheRunGoByItsPath) {
  add(kDayOne, {kReplica.path, "", ""});
  add(kDayOne + ".2", {"/other", "", ""});
  add(kDayTwo, kReplica);
  EXPECT_THAT(left(), UnorderedElementsAre(kDayOne + ".2", kDayTwo));
}

// Disks take turns at one path, and on the one that is away may be a run that was killed.
TEST_F(PruneBackups, ThoseOfAnotherReplicaDoNotCountAndStay) {
  add(kDayOne, {"/replica", "uuid:1:3", ""});
  add(kDayTwo, kReplica);
  add(kDayThree, {"/other", "uuid:1:4", ""});
  add(kDayThree + ".2", {"/other", "uuid:1:4", ""});
  EXPECT_THAT(left(), UnorderedElementsAre(kDayOne, kDayTwo, kDayThree, kDayThree + ".2"));
}

TEST_F(PruneBackups, ThatOfThisRunIsTheNewestWhateverTheOthersAreCalled) {
  for (const std::string& name : {kDayOne, kDayTwo, kDayThree}) add(name, kReplica);
  EXPECT_THAT(left(kDayOne), UnorderedElementsAre(kDayOne));
}

TEST_F(PruneBackups, WhatOthersOwnOrMayWriteDoesNotCountAndStays) {
  add(kDayOne, kReplica);
  for (const std::string& name : {kDayTwo, kDayThree}) add(name, kReplica);
  std::filesystem::permissions(scratch_ / kDayTwo, std::filesystem::perms(0775));
  std::filesystem::permissions(scratch_ / (kDayThree + "/" + kUndoFile),
                               std::filesystem::perms(0666));
  EXPECT_THAT(left(), UnorderedElementsAre(kDayOne, kDayTwo, kDayThree));
  if (::geteuid() != 0) GTEST_SKIP() << "only root has files of others";
  std::filesystem::permissions(scratch_ / kDayTwo, std::filesystem::perms(0755));
  std::filesystem::permissions(scratch_ / (kDayThree + "/" + kUndoFile),
                               std::filesystem::perms(0644));
  ASSERT_EQ(::chown((scratch_ / kDayTwo).c_str(), 1001, 1001), 0);
  ASSERT_EQ(::chown((scratch_ / (kDayThree + "/" + kUndoFile)).c_str(), 1001, 1001), 0);
  EXPECT_THAT(left(), UnorderedElementsAre(kDayOne, kDayTwo, kDayThree));
}

TEST_F(PruneBackups, WhatGetsTheNameOfAnOldOneMeanwhileStays) {
  for (const std::string& name : {kDayOne, kDayTwo}) add(name, kReplica);
  plant({{".", directory()}, {"kept", file("x")}}, scratch_ / "private");
  FaultyFileSystem racing;
  int opened = 0;
  racing.intercept(act_before(
      [&](const CallInfo& call) {
        return call.call == Call::kOpenDirectory && call.name == kDayOne && ++opened == 2;
      },
      [&] {
        std::filesystem::rename(scratch_ / kDayOne, scratch_ / "elsewhere");
        std::filesystem::rename(scratch_ / "private", scratch_ / kDayOne);
      }));
  EXPECT_FALSE(prune_backups(racing, keeping_one()).ok());
  EXPECT_TRUE(std::filesystem::exists(scratch_ / (kDayOne + "/kept")));
}

TEST_F(PruneBackups, WhatIsNoUndoDoesNotCountAndStays) {
  add_text(kDayOne, "no undo");
  add(kDayTwo, kReplica);
  add_text(kDayThree, "");
  EXPECT_THAT(left(), UnorderedElementsAre(kDayOne, kDayTwo, kDayThree));
}

TEST_F(PruneBackups, WhatIsBeingWrittenDoesNotCountAndStays) {
  for (const std::string& name : {kDayOne, kDayTwo, kDayThree}) add(name, kReplica);
  std::vector<Fd> held;
  for (const std::string& name : {kDayOne, kDayThree}) {
    held.push_back(std::move(fs_.open_root((scratch_ / name).c_str()).value()));
    ASSERT_TRUE(fs_.lock(held.back().get()).ok());
  }
  EXPECT_THAT(left(), UnorderedElementsAre(kDayOne, kDayTwo, kDayThree));
  held.clear();
  EXPECT_THAT(left(), UnorderedElementsAre(kDayThree));
}

TEST_F(PruneBackups, ASignalEndsItAndTheRestStays) {
  for (const std::string& name : {kDayOne, kDayTwo}) add(name, kReplica);
  for (int i = 0; i < 20; ++i) {
    write_file(scratch_ / (kDayOne + "/" + kBackupTree + "/" + std::to_string(i)), "x");
  }
  std::atomic<bool> stop{false};
  FaultyFileSystem told;
  told.intercept([&](const CallInfo& call) {
    if (call.call == Call::kRemoveFile) stop = true;
    return 0;
  });
  PruneOrder order = keeping_one();
  order.stop = &stop;
  const auto pruned = prune_backups(told, order);
  ASSERT_FALSE(pruned.ok());
  EXPECT_EQ(pruned.error().code, ErrorCode::kStopped);
  EXPECT_EQ(told.calls(Call::kRemoveFile), 1U);
}

TEST_F(PruneBackups, WhereThereAreNoLocksTheReplicaDecides) {
  for (const std::string& name : {kDayOne, kDayTwo}) add(name, kReplica);
  FaultyFileSystem unable;
  unable.intercept(fail_all(Call::kLock, EOPNOTSUPP));
  ASSERT_TRUE(prune_backups(unable, keeping_one()).ok());
  EXPECT_THAT(left(), UnorderedElementsAre(kDayTwo));
}

TEST_F(PruneBackups, RemovesWhatNeverBecameOneADayLater) {
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
  FileSystem& fs = posix_file_system();
  const auto names = [&] {
    std::vector<std::string> found;
    for (const auto& [path, entry] : read_tree(scratch.path())) {
      if (path != "." && path.find('/') == std::string::npos) found.push_back(path);
    }
    return found;
  };
  const FileTime day_three{3 * 86'400, 0};
  const auto removed = prune_backups(fs, {scratch.path(), kReplica, {.newest = 1}, day_three, {}});
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(*removed, 0U) << "none of them was a backup";
  EXPECT_THAT(names(), UnorderedElementsAre(kDayTwo, kDayThree, "mine"));
}

}  // namespace
}  // namespace foldersync
