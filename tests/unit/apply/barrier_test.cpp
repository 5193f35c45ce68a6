#include "apply/stage/barrier.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fs/posix_file_system.h"
#include "support/disk_tree.h"
#include "support/forwarding_file_system.h"
#include "support/kept_keys.h"
#include "unit/apply/warnings.h"

namespace foldersync {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Writes down what is synced, "one" or "all" and which, and fails it where that is asked for.
class SyncsOnly final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  Status sync(int fd) override { return note("one ", fd, sync_error); }
  Status sync_all(int fd) override { return note("all ", fd, sync_all_error); }
  Result<FileSystemFacts> facts(int fd) override {
    auto found = ForwardingFileSystem::facts(fd);
    if (found) found->has_sync_all = offers_sync_all;
    return found;
  }
  Result<Fd> open_file(int directory, const char* name) override {
    if (open_error != 0) return system_error("open", open_error);
    if (closed.contains(name)) return system_error("open", EACCES);
    return ForwardingFileSystem::open_file(directory, name);
  }
  Result<Fd> open_directory(int directory, const char* name) override {
    if (closed.contains(name)) return system_error("open", EACCES);
    return ForwardingFileSystem::open_directory(directory, name);
  }

  bool offers_sync_all = true;
  int sync_error = 0;
  int sync_all_error = 0;
  int open_error = 0;  // of files
  std::set<std::string> closed;
  std::string top;  // is left out of what is written down
  std::vector<std::string> syncs;

 private:
  Status note(const char* how, int fd, int error) {
    std::string path(4096, '\0');
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const auto length = ::readlink(link.c_str(), path.data(), path.size());
    path.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    if (path.starts_with(top)) path.erase(0, top.size());
    syncs.push_back(how + path);
    return error == 0 ? success() : Status(system_error("fsync", error));
  }
};

constexpr std::size_t kFew = 32;
constexpr std::size_t kMany = 33;

// A replica with a staging area, of which the folders 0 and 1 are staged in.
class BarrierTest : public testing::Test {
 protected:
  BarrierTest() : root_(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    plant({{"d", directory()}, {"d/f", file("x")}, {"g", file("y")}}, scratch_.path());
    fs_.top = scratch_.path();
    auto opened = test::staging_area_in(real_, root_.get());
    EXPECT_TRUE(opened.ok());
    area_.emplace(std::move(*opened));
    for (const char* name : {"0", "1"}) {
      auto folder = area_->folder(name);
      EXPECT_TRUE(folder.ok());
      folders_.push_back(std::move(*folder));
    }
    touched_.directories = {RelPath(), RelPath("d")};
    touched_.files = {RelPath("d/f")};
  }

  Barrier barrier(bool wanted = true) {
    syncing_.wanted = wanted;
    return Barrier(syncing_);
  }

  Status after_commit(Barrier& barrier) {
    return barrier.after_commit(*area_, folders_, touched_, replica_);
  }

  ScratchFolder scratch_;
  FileSystem& real_ = posix_file_system();
  SyncsOnly fs_{real_};
  Fd root_;
  std::optional<StagingArea> area_;
  std::vector<Fd> folders_;
  test::Warnings observer_;
  SyncContext syncing_{fs_, true, false, observer_};
  ReplicaAccess replica_{fs_, root_.get(), {}, 8};
  Touched touched_;
};

TEST_F(BarrierTest, FewAreSyncedOneByOneTheFoldersThatHoldThemBeforeTheArea) {
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {kFew, 0}).ok());
  EXPECT_TRUE(barrier.syncs_each());
  ASSERT_TRUE(barrier.before_commit(*area_, folders_).ok());
  EXPECT_THAT(fs_.syncs,
              ElementsAre("one /.sync-txn/0", "one /.sync-txn/1", "one /.sync-txn", "one "));
}

TEST_F(BarrierTest, TheAreasOwnNameIsSyncedOnceForAllWindows) {
  for (const std::size_t first : {kFew, kMany}) {
    syncing_.area_is_entered = false;
    Barrier one = barrier();
    ASSERT_TRUE(one.begin(*area_, {first, 0}).ok());
    ASSERT_TRUE(one.before_commit(*area_, folders_).ok());
    fs_.syncs.clear();
    Barrier other = barrier();
    ASSERT_TRUE(other.begin(*area_, {kFew, 0}).ok());
    ASSERT_TRUE(other.before_commit(*area_, folders_).ok());
    EXPECT_THAT(fs_.syncs, Not(Contains("one "))) << "after a window of " << first;
  }
}

TEST_F(BarrierTest, ANameOfTheAreaThatCouldNotBeSyncedIsTriedByTheNextWindow) {
  Barrier failing = barrier();
  ASSERT_TRUE(failing.begin(*area_, {kMany, 0}).ok());
  fs_.sync_all_error = EIO;
  ASSERT_FALSE(failing.before_commit(*area_, folders_).ok());
  EXPECT_FALSE(syncing_.area_is_entered);
}

TEST_F(BarrierTest, ManyAreSyncedByOneCallForAll) {
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {kMany, 0}).ok());
  EXPECT_FALSE(barrier.syncs_each());
  ASSERT_TRUE(barrier.before_commit(*area_, folders_).ok());
  EXPECT_THAT(fs_.syncs, ElementsAre("all /.sync-txn"));
}

TEST_F(BarrierTest, ManyAreSyncedOneByOneWhereThereIsNoCallForAll) {
  fs_.offers_sync_all = false;
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {kMany, 0}).ok());
  EXPECT_TRUE(barrier.syncs_each());
  EXPECT_TRUE(barrier.fills_directories());
  ASSERT_TRUE(barrier.before_commit(*area_, folders_).ok());
  ASSERT_TRUE(after_commit(barrier).ok());
  EXPECT_THAT(fs_.syncs, Not(Contains(testing::StartsWith("all"))));
}

TEST_F(BarrierTest, ManyDirectoriesAreSyncedByOneCallForAll) {
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {kFew, 256}).ok());
  EXPECT_TRUE(barrier.syncs_each());
  ASSERT_TRUE(barrier.begin(*area_, {0, 257}).ok());
  EXPECT_FALSE(barrier.syncs_each());
}

TEST_F(BarrierTest, AWindowDecidesForItself) {
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {kMany, 0}).ok());
  ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
  EXPECT_TRUE(barrier.syncs_each());
}

TEST_F(BarrierTest, WhatTheCommitTouchedIsSyncedAndSoIsWhatItTookAway) {
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
  ASSERT_TRUE(barrier.before_commit(*area_, folders_).ok());
  fs_.syncs.clear();
  ASSERT_TRUE(after_commit(barrier).ok());
  EXPECT_THAT(fs_.syncs, UnorderedElementsAre("one ", "one /d", "one /d/f", "one /.sync-txn/0",
                                              "one /.sync-txn/1", "one /.sync-txn"));
}

TEST_F(BarrierTest, ACommitOfManyIsSyncedByOneCall) {
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {kMany, 0}).ok());
  ASSERT_TRUE(after_commit(barrier).ok());
  EXPECT_THAT(fs_.syncs, ElementsAre("all /.sync-txn"));
}

TEST_F(BarrierTest, MetadataOfWhatCanNotBeOpenedTakesTheCallForAll) {
  touched_.others = true;
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
  ASSERT_TRUE(after_commit(barrier).ok());
  EXPECT_THAT(fs_.syncs, ElementsAre("all /.sync-txn"));
}

TEST_F(BarrierTest, AFileThatMayNotBeReadTakesTheCallForAll) {
  fs_.open_error = EACCES;
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
  ASSERT_TRUE(after_commit(barrier).ok());
  EXPECT_THAT(fs_.syncs, Contains("all /d"));
  EXPECT_THAT(fs_.syncs, Contains("one /.sync-txn/1")) << "what comes after it is synced, too";
  EXPECT_THAT(observer_.sentences, IsEmpty());
}

// Entries of others, who have closed them: "d/shut", a directory, is one, and "d/f" a file.
class ClosedTest : public BarrierTest {
 protected:
  ClosedTest() {
    plant({{"d/shut", directory()}}, scratch_.path());
    touched_.directories.insert(RelPath("d/shut"));
    touched_.files.emplace_back("g");
    fs_.closed = {"shut", "f"};
  }
};

TEST_F(ClosedTest, TheirFileSystemIsSyncedOnceForAllOfThem) {
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
  ASSERT_TRUE(after_commit(barrier).ok());
  EXPECT_EQ(std::count(fs_.syncs.begin(), fs_.syncs.end(), "all /d"), 1);
  EXPECT_THAT(fs_.syncs, Contains("one /g"));
  EXPECT_THAT(observer_.sentences, IsEmpty());
}

TEST_F(ClosedTest, TheyAreToldOnceWhereThereIsNoCallForAllAndTheOthersAreSynced) {
  fs_.offers_sync_all = false;
  for (int window = 0; window < 2; ++window) {
    fs_.syncs.clear();
    Barrier barrier = this->barrier();
    ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
    ASSERT_TRUE(after_commit(barrier).ok());
    EXPECT_THAT(fs_.syncs, Contains("one /g"));
    EXPECT_THAT(fs_.syncs, Contains("one /.sync-txn/1"));
    EXPECT_THAT(observer_.sentences, ElementsAre(testing::HasSubstr("'d/shut'")));
  }
}

TEST_F(ClosedTest, MetadataOfWhatIsNeverOpenedIsToldWhereThereIsNoCallForAll) {
  fs_.closed.clear();
  fs_.offers_sync_all = false;
  touched_.others = true;
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
  ASSERT_TRUE(after_commit(barrier).ok());
  EXPECT_THAT(observer_.sentences, ElementsAre(testing::HasSubstr("symlinks")));
}

TEST_F(ClosedTest, WithoutAWindowAllIsSyncedOrEachOfThem) {
  Barrier at_once = barrier();
  ASSERT_TRUE(at_once.touched_alone(root_.get(), touched_, replica_).ok());
  EXPECT_THAT(fs_.syncs, ElementsAre("all "));
  fs_.syncs.clear();
  fs_.offers_sync_all = false;
  Barrier one_by_one = barrier();
  ASSERT_TRUE(one_by_one.touched_alone(root_.get(), touched_, replica_).ok());
  EXPECT_THAT(fs_.syncs, ElementsAre("one /d", "one ", "one /g"));
  EXPECT_THAT(observer_.sentences, SizeIs(1));
}

TEST_F(BarrierTest, WhatIsGoneByThenIsNoError) {
  touched_.directories.insert(RelPath("gone/with it"));
  touched_.files.emplace_back("gone/file");
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
  EXPECT_TRUE(after_commit(barrier).ok());
}

TEST_F(BarrierTest, AnErrorIsToldAndNothingIsTriedAgain) {
  for (const std::size_t staged : {kFew, kMany}) {
    fs_.sync_error = fs_.sync_all_error = EIO;
    for (const bool after : {false, true}) {
      fs_.syncs.clear();
      Barrier barrier = this->barrier();
      ASSERT_TRUE(barrier.begin(*area_, {staged, 0}).ok());
      const Status done = after ? after_commit(barrier) : barrier.before_commit(*area_, folders_);
      ASSERT_FALSE(done.ok());
      EXPECT_EQ(done.error().error_number, EIO);
      EXPECT_THAT(fs_.syncs, SizeIs(1)) << "nothing follows the call that failed";
    }
  }
  EXPECT_THAT(observer_.sentences, IsEmpty());
}

TEST_F(BarrierTest, AnErrorOfTheCallForAllIsNotHealedByOthers) {
  fs_.open_error = EACCES;
  fs_.sync_all_error = ENOSPC;
  Barrier barrier = this->barrier();
  ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
  const Status done = after_commit(barrier);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().error_number, ENOSPC);
}

TEST_F(BarrierTest, AFileSystemThatKnowsNoSyncIsToleratedAndSaidOnce) {
  for (const int number : {EINVAL, EOPNOTSUPP, ENOSYS}) {
    observer_.sentences.clear();
    syncing_.said_unsupported = false;
    fs_.sync_error = number;
    Barrier barrier = this->barrier();
    ASSERT_TRUE(barrier.begin(*area_, {1, 0}).ok());
    EXPECT_TRUE(barrier.before_commit(*area_, folders_).ok());
    EXPECT_TRUE(after_commit(barrier).ok());
    EXPECT_THAT(observer_.sentences, SizeIs(1));
  }
}

TEST_F(BarrierTest, NothingIsSyncedWhereNothingHasToSurvive) {
  Barrier barrier = this->barrier(false);
  for (const std::size_t staged : {kFew, kMany}) {
    ASSERT_TRUE(barrier.begin(*area_, {staged, 0}).ok());
    EXPECT_FALSE(barrier.syncs_each());
    ASSERT_TRUE(barrier.before_commit(*area_, folders_).ok());
    ASSERT_TRUE(after_commit(barrier).ok());
    ASSERT_TRUE(barrier.all(root_.get()).ok());
    ASSERT_TRUE(barrier.opened(root_.get()).ok());
  }
  EXPECT_THAT(fs_.syncs, IsEmpty());
}

}  // namespace
}  // namespace foldersync
