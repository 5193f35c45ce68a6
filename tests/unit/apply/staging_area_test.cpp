#include "apply/stage/staging_area.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"
#include "support/kept_keys.h"

namespace foldersync {
namespace {

enum class Leftover { kNone, kCleared, kConflicts };

// What a run that finds the folder does with it.
Result<Leftover> clear_leftover(FileSystem& fs, int home) {
  auto area = StagingArea::find(fs, {home, {}, {}}, test::hand_made_key());
  if (!area) return area.error();
  if (!*area) return Leftover::kNone;
  const auto kept = (*area)->remove();
  if (!kept) return kept.error();
  return *kept ? Leftover::kConflicts : Leftover::kCleared;
}

class StagingAreaTest : public testing::Test {
 protected:
  StagingAreaTest() : home_(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

  Result<StagingArea> open() { return test::staging_area_in(fs_, home_.get()); }
  Result<Leftover> clear() { return clear_leftover(fs_, home_.get()); }

  // What a killed run may leave: files, folders of folders, a read-only file.
  void leave() {
    plant({{".sync-txn", directory().with_mode(0700)},
           {".sync-txn/0", directory()},
           {".sync-txn/0/1", file("half")},
           {".sync-txn/0/2", directory().with_mode(0700)},
           {".sync-txn/0/3", symlink("/etc")},
           {".sync-txn/commit", directory()},
           {".sync-txn/commit/9", file("old").with_mode(0400)},
           {".sync-txn/record", file("{}")}},
          scratch_.path());
    test::prove(home_.get());
  }

  [[nodiscard]] Tree left() const { return read_tree(scratch_ / ".sync-txn"); }
  [[nodiscard]] std::vector<std::string> proofs() const {
    std::vector<std::string> paths;
    for (const auto& [path, entry] : left()) {
      if (path.starts_with("proof-")) paths.push_back(".sync-txn/" + path);
    }
    return paths;
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  Fd home_;
};

TEST_F(StagingAreaTest, IsMadeForTheCallerAlone) {
  const mode_t before = ::umask(0);
  const auto area = open();
  ::umask(before);
  ASSERT_TRUE(area.ok());
  EXPECT_EQ(left().at(".").mode, 0700U);
}

TEST_F(StagingAreaTest, WhatAKilledRunLeftIsGoneWhenItIsOpened) {
  leave();
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(left().size(), 3U) << "the folder, its proof, and the time of the folder around it";
}

TEST_F(StagingAreaTest, RemovesItselfWithAllThatIsInIt) {
  auto area = open();
  ASSERT_TRUE(area.ok());
  const auto folder = area->folder("0");
  ASSERT_TRUE(folder.ok());
  ASSERT_TRUE(fs_.create_file(folder->get(), "1", 0600).ok());
  ASSERT_TRUE(area->remove().ok());
  EXPECT_TRUE(left().empty());
}

TEST_F(StagingAreaTest, AFolderCanBeAskedForTwice) {
  auto area = open();
  ASSERT_TRUE(area.ok());
  const auto first = area->folder("0");
  const auto second = area->folder("0");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(same_object(*fs_.status(first->get()), *fs_.status(second->get())));
}

TEST_F(StagingAreaTest, WhatOthersWroteStaysWhenItIsRemovedAndWhenItIsOpenedAgain) {
  auto area = open();
  ASSERT_TRUE(area.ok());
  const auto folder = area->conflict_folder();
  ASSERT_TRUE(folder.ok());
  write_file(scratch_ / ".sync-txn/conflict/7", "of others");
  ASSERT_TRUE(area->remove().ok());
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(*clear(), Leftover::kConflicts);
  EXPECT_EQ(bytes_of(scratch_ / ".sync-txn/conflict/7"), "of others");
}

TEST_F(StagingAreaTest, WhatEarlierRunsKeptIsNotReplacedByWhatIsKeptUnderTheSameName) {
  for (const int lacking : {0, EINVAL}) {
    FaultyFileSystem fs;
    fs.intercept([&](const CallInfo& info) {
      return info.call == Call::kRename && info.mode == RenameMode::kNoReplace ? lacking : 0;
    });
    auto area = test::staging_area_in(fs, home_.get());
    ASSERT_TRUE(area.ok());
    const auto conflicts = area->conflict_folder();
    ASSERT_TRUE(conflicts.ok());
    for (const std::string content : {"first", "second", "third"}) {
      write_file(scratch_ / ".sync-txn/7", content);
      ASSERT_TRUE(keep_as_conflict(fs, {area->fd(), "7"}, conflicts->get()).ok());
    }
    EXPECT_EQ(bytes_of(scratch_ / ".sync-txn/conflict/7"), "first");
    EXPECT_EQ(bytes_of(scratch_ / ".sync-txn/conflict/7-2"), "second");
    EXPECT_EQ(bytes_of(scratch_ / ".sync-txn/conflict/7-3"), "third");
    remove_tree(scratch_ / ".sync-txn");
  }
}

TEST_F(StagingAreaTest, TheMarkerGoesLastWhenEverythingIsPutAside) {
  leave();
  write_file(scratch_ / ".sync-txn/COMMIT", "");
  auto area = StagingArea::find(fs_, {home_.get(), {}, {}}, test::hand_made_key());
  ASSERT_TRUE(area.ok() && *area);
  std::uint64_t calls = 0;
  fs_.intercept(
      [&](const CallInfo& info) { return info.call == Call::kRename && ++calls == 2 ? EIO : 0; });
  EXPECT_FALSE((*area)->put_all_aside().ok());
  EXPECT_TRUE(left().contains("COMMIT")) << "whoever comes next would take the rest for rubbish";
  ASSERT_TRUE((*area)->put_all_aside().ok());
  EXPECT_FALSE(left().contains("COMMIT"));
  EXPECT_EQ(clear().ok(), true);
  EXPECT_TRUE(left().contains("conflict/killed-1/0/1") || left().contains("conflict/killed-2/0/1"));
}

TEST_F(StagingAreaTest, LeftoversAreClearedAndToldApart) {
  EXPECT_EQ(*clear(), Leftover::kNone);
  leave();
  EXPECT_EQ(*clear(), Leftover::kCleared);
  EXPECT_TRUE(left().empty());
}

TEST_F(StagingAreaTest, AConflictFolderWithNothingInItIsNoConflict) {
  ASSERT_TRUE(open()->conflict_folder().ok());
  EXPECT_EQ(*clear(), Leftover::kCleared);
  EXPECT_TRUE(left().empty());
}

TEST_F(StagingAreaTest, WhatElseHasTheNameIsUntouchedAndAnotherNameIsTaken) {
  const std::string name = test::hand_made_key().names()[1];
  plant({{"outside", directory()}, {"outside/kept", file("kept")}}, scratch_.path());
  for (TreeEntry entry : {file("a file of the user"), symlink("outside"), fifo()}) {
    plant({{".sync-txn", entry}}, scratch_.path());
    EXPECT_EQ(*clear(), Leftover::kNone) << to_string(entry.type);
    EXPECT_EQ(open()->name(), name) << to_string(entry.type);
    EXPECT_EQ(*clear(), Leftover::kCleared) << to_string(entry.type);
    EXPECT_EQ(left().at(".").type, entry.type);
    ASSERT_EQ(::unlink((scratch_ / ".sync-txn").c_str()), 0);
  }
  EXPECT_EQ(bytes_of(scratch_ / "outside/kept"), "kept");
}

TEST_F(StagingAreaTest, AFolderWithoutProofIsUntouched) {
  leave();
  for (const std::string& proof : proofs()) ASSERT_EQ(::unlink((scratch_ / proof).c_str()), 0);
  const Tree before = left();
  EXPECT_EQ(*clear(), Leftover::kNone);
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(left(), before);
}

TEST_F(StagingAreaTest, AFolderOfAnotherKeyReplicaOrPlaceIsNoneOfOurs) {
  StagingKey other = test::hand_made_key();
  other.secret[31] = 9;
  const Fd home(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const StagingPlace place{home.get(), {}, {}};
  leave();
  EXPECT_FALSE(StagingArea::find(fs_, place, other)->has_value());
  EXPECT_FALSE(
      StagingArea::find(fs_, {home.get(), "elsewhere", {}}, test::hand_made_key())->has_value());
  EXPECT_FALSE(StagingArea::find(fs_, {home.get(), {}, "d"}, test::hand_made_key())->has_value());
  EXPECT_TRUE(StagingArea::find(fs_, place, test::hand_made_key())->has_value());
}

TEST_F(StagingAreaTest, ACopyOfTheFolderIsNoneOfOurs) {
  namespace stdfs = std::filesystem;
  const auto incarnation = [&](const std::string& name) {
    const Fd fd(::open((scratch_ / name).c_str(), O_RDONLY | O_CLOEXEC));
    return *fs_.incarnation(fd.get());
  };
  leave();
  stdfs::rename(scratch_ / ".sync-txn", scratch_ / "away");
  if (!incarnation("away")) GTEST_SKIP() << "the file system of temporary files tells none";
  do {  // until the clock of the file system has moved on
    stdfs::remove_all(scratch_ / ".sync-txn");
    stdfs::copy(scratch_ / "away", scratch_ / ".sync-txn",
                stdfs::copy_options::recursive | stdfs::copy_options::copy_symlinks);
  } while (incarnation(".sync-txn") == incarnation("away"));
  EXPECT_EQ(*clear(), Leftover::kNone);
}

// Somebody who may write the folder around it puts another one there before it is opened.
TEST_F(StagingAreaTest, AFolderThatIsExchangedWhileItIsMadeIsUntouched) {
  plant({{"private", directory().with_mode(0700)}, {"private/kept", file("kept")}},
        scratch_.path());
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kOpenDirectory && info.name == ".sync-txn" && left().size() == 1) {
      std::filesystem::rename(scratch_ / ".sync-txn", scratch_ / "made");
      std::filesystem::rename(scratch_ / "private", scratch_ / ".sync-txn");
    }
    return 0;
  });
  EXPECT_EQ(open()->name(), test::hand_made_key().names()[1]);
  EXPECT_EQ(left().size(), 2U);
  EXPECT_EQ(bytes_of(scratch_ / ".sync-txn/kept"), "kept");
}

TEST_F(StagingAreaTest, AnEmptyFolderOfAnotherUserIsUntouchedLikewise) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  plant({{"theirs", directory().with_mode(0700)}}, scratch_.path());
  ASSERT_EQ(::chown((scratch_ / "theirs").c_str(), 1234, 1234), 0);
  bool is_exchanged = false;
  fs_.intercept([&](const CallInfo& info) {
    const bool is_made = std::filesystem::exists(scratch_ / ".sync-txn");
    if (info.call == Call::kOpenDirectory && info.name == ".sync-txn" && is_made &&
        !std::exchange(is_exchanged, true)) {
      std::filesystem::rename(scratch_ / ".sync-txn", scratch_ / "made");
      std::filesystem::rename(scratch_ / "theirs", scratch_ / ".sync-txn");
    }
    return 0;
  });
  EXPECT_EQ(open()->name(), test::hand_made_key().names()[1]);
  EXPECT_TRUE(std::filesystem::is_empty(scratch_ / ".sync-txn"));
}

// Mounts the folder over itself before its first opening; false: not without root's rights.
bool mount_over_before(FaultyFileSystem& fs, const std::string& path, bool& is_mounted) {
  fs.intercept([path, &is_mounted](const CallInfo& info) {
    const bool is_it = info.call == Call::kOpenDirectory && info.name == ".sync-txn";
    if (is_it && std::filesystem::exists(path) && !is_mounted) {
      is_mounted = ::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0;
    }
    return 0;
  });
  return ::geteuid() == 0;
}

TEST_F(StagingAreaTest, WhatIsMountedOverTheFolderBeforeItIsOpenedIsNoneOfOurs) {
  const std::string path = scratch_ / ".sync-txn";
  for (const bool is_left : {false, true}) {
    if (is_left) leave();
    FaultyFileSystem fs;
    bool is_mounted = false;
    if (!mount_over_before(fs, path, is_mounted)) GTEST_SKIP() << "only root mounts";
    const auto found = StagingArea::find(fs, {home_.get(), {}, {}}, test::hand_made_key());
    const auto made = test::staging_area_in(fs, home_.get());
    if (!is_mounted) GTEST_SKIP() << "nothing can be mounted here";
    ASSERT_EQ(::umount2(path.c_str(), MNT_DETACH), 0);
    EXPECT_TRUE(found.ok() && !found->has_value()) << is_left;
    ASSERT_TRUE(made.ok()) << is_left;
    EXPECT_EQ(made->name(), test::hand_made_key().names()[1]) << is_left;
    remove_tree(scratch_ / made->name());
    remove_tree(path);
  }
}

// As on a file system without nameless files that gives all one owner.
TEST_F(StagingAreaTest, AKillWhileTheOwnerIsAskedLeavesNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  bool is_killed = false;
  fs_.intercept([&](const CallInfo& info) {
    const bool is_made = std::filesystem::exists(scratch_ / ".sync-txn");
    if (info.call == Call::kOpenDirectory && is_made) {
      (void)::chown((scratch_ / ".sync-txn").c_str(), 1234, 1234);
    }
    is_killed = is_killed || info.call == Call::kRemoveFile;
    if (is_killed) return EIO;
    return info.call == Call::kCreateNameless ? EOPNOTSUPP : 0;
  });
  EXPECT_FALSE(open().ok());
  ASSERT_EQ(left().size(), 2U) << "the folder and the file";
  FaultyFileSystem calm;
  EXPECT_EQ(*clear_leftover(calm, home_.get()), Leftover::kNone);
  EXPECT_TRUE(left().empty());
}

TEST_F(StagingAreaTest, AnEmptyFolderThatAKillLeftBeforeItHadAProofGoes) {
  plant({{".sync-txn", directory().with_mode(0700)}}, scratch_.path());
  EXPECT_EQ(*clear(), Leftover::kNone);
  EXPECT_TRUE(left().empty());
}

TEST_F(StagingAreaTest, ALinkInItIsRemovedAndNotFollowed) {
  plant({{"outside", directory()},
         {"outside/kept", file("kept")},
         {".sync-txn", directory()},
         {".sync-txn/0", symlink("../outside")}},
        scratch_.path());
  test::prove(home_.get());
  EXPECT_EQ(*clear(), Leftover::kCleared);
  EXPECT_EQ(bytes_of(scratch_ / "outside/kept"), "kept");
}

TEST_F(StagingAreaTest, IsClearedHoweverDeepOthersHaveMadeIt) {
  std::string path = scratch_ / ".sync-txn";
  ::mkdir(path.c_str(), 0700);
  test::prove(home_.get());
  for (int level = 0; level < 1010; ++level) {
    path += "/d";
    ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  }
  ASSERT_TRUE(clear().ok());
  EXPECT_FALSE(left().contains("d"));
}

TEST_F(StagingAreaTest, EveryCallThatFailsIsAnErrorOrMakesNoDifference) {
  leave();
  FaultyFileSystem counting;
  ASSERT_TRUE(clear_leftover(counting, home_.get()).ok());
  for (std::uint64_t nth = 1; nth <= counting.calls(); ++nth) {
    remove_tree(scratch_ / ".sync-txn");
    leave();
    FaultyFileSystem failing;
    failing.intercept(fail_at(nth, EIO, Lasting::kOnce));
    const auto cleared = clear_leftover(failing, home_.get());
    EXPECT_TRUE(!cleared.ok() || left().empty())
        << failing.first_failure() << " is said to have left nothing";
  }
}

}  // namespace
}  // namespace foldersync
