#include "apply/stage/space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <string>

#include "fs/posix_file_system.h"
#include "plan/guard.h"
#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/forwarding_file_system.h"
#include "support/kept_keys.h"
#include "support/memory_spool.h"
#include "unit/apply/warnings.h"

namespace foldersync {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;
constexpr std::uint64_t kBlock = 4096;

// Says of every file system what the test wants.
class Disk final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  Result<FileSystemFacts> facts(int) override {
    if (!tells_) return system_error("statfs", EIO);
    return facts_;
  }

  FileSystemFacts facts_{2 * kGiB, kBlock, true, false};
  bool tells_ = true;
};

Facts file_of(std::uint64_t size) {
  Facts facts;
  facts.size = size;
  return facts;
}

Action create(const std::string& path, std::uint64_t size) {
  Action action;
  action.path = RelPath(path);
  action.after = file_of(size);
  action.after->mtime = FileTime{2, 0};
  return action;
}

Action update(const std::string& path, std::uint64_t before, std::uint64_t size) {
  Action action = create(path, size);
  action.op = Op::kUpdate;
  action.before = file_of(before);
  action.before->mtime = FileTime{1, 0};
  return action;
}

class SpaceTest : public testing::Test {
 protected:
  std::optional<Guard> ask(const std::vector<Action>& actions, bool atomic = false) {
    Plan plan;
    plan.actions = actions;
    const auto in_store = stored(plan);
    const LocalTree tree = tree_of(source_);
    const auto guard = ask_space({.fs = disk_,
                                  .source = source_,
                                  .source_tree = tree,
                                  .replica = source_.fd.get(),
                                  .replica_file_system = replica_file_system_,
                                  .atomic = atomic,
                                  .keeps_old = keeps_old_},
                                 in_store->actions);
    EXPECT_TRUE(guard);
    return *guard;
  }
  std::uint64_t needed(const std::vector<Action>& actions, bool atomic = false) {
    const auto guard = ask(actions, atomic);
    return guard ? guard->count : std::numeric_limits<std::uint64_t>::max();
  }

  ScratchFolder scratch_;
  FileSystem& posix_ = posix_file_system();
  Disk disk_{posix_};
  Root source_ = open_root(disk_, scratch_.path(), "source").value();
  std::string replica_file_system_ = "another";
  bool keeps_old_ = false;
};

TEST_F(SpaceTest, IsNeededInWholeBlocks) {
  EXPECT_EQ(needed({}), 0U);
  EXPECT_EQ(needed({create("a", 0)}), 0U);
  EXPECT_EQ(needed({create("a", 1), create("b", kBlock), create("c", kBlock + 1)}), 4 * kBlock);
}

Action taken_over(const std::string& from, Action action) {
  action.other = RelPath(from);
  return action;
}

TEST_F(SpaceTest, IsNeitherNeededNorFreedByWhatIsTakenOver) {
  EXPECT_EQ(
      needed({taken_over("b", update("a", kGiB, kGiB)), taken_over("a", update("b", kGiB, kGiB))}),
      0U);
  // Each fills a window: of the first nothing is free for the last one.
  EXPECT_EQ(
      needed({update("a", kGiB, kGiB), taken_over("a", create("b", kGiB)), create("c", kGiB)}),
      2 * kGiB);
}

TEST_F(SpaceTest, IsNeededForWhatIsTakenOverAndKeptBesideTheReplica) {
  keeps_old_ = true;
  EXPECT_EQ(needed({taken_over("a", create("b", kBlock)), update("a", kBlock, 0)}), kBlock);
  EXPECT_EQ(needed({create("b", kBlock), update("a", kBlock, 0)}), kBlock);
}

TEST_F(SpaceTest, IsRefusedWhereLessIsFreeThanNeeded) {
  EXPECT_FALSE(ask({create("a", 2 * kGiB)})->refused);
  const auto guard = ask({create("a", 2 * kGiB), create("b", 1)});
  EXPECT_EQ(guard, (Guard{"space", std::to_string(2 * kGiB), 2 * kGiB + kBlock, 2 * kGiB, true}));
}

TEST_F(SpaceTest, OfWhatIsDisplacedIsFreeForLaterWindowsOnly) {
  // Each of them fills a window.
  EXPECT_EQ(needed({update("a", kGiB, kGiB), update("b", kGiB, kGiB), update("c", kGiB, kGiB)}),
            kGiB);
  EXPECT_EQ(needed({create("a", kGiB), create("b", kGiB), create("c", kGiB)}), 3 * kGiB);
  EXPECT_EQ(needed({update("a", 3 * kGiB, kGiB), create("b", kGiB), create("c", kGiB)}), kGiB);
}

TEST_F(SpaceTest, OfAnAtomicApplyIsNeededAllAtOnce) {
  EXPECT_EQ(needed({update("a", kGiB, kGiB), update("b", kGiB, kGiB)}, true), 2 * kGiB);
}

TEST_F(SpaceTest, OfAFileSystemThatKeepsNoCountIsNeverTooLittle) {
  disk_.facts_.free_bytes = std::numeric_limits<std::uint64_t>::max();
  EXPECT_FALSE(ask({update("a", kGiB, kGiB), create("b", kGiB)})->refused);
}

TEST_F(SpaceTest, IsNotJudgedWhereFilesCanBeSharedWithTheSourceOrNothingIsKnown) {
  disk_.facts_.clones = true;
  EXPECT_TRUE(ask({create("a", 3 * kGiB)})->refused);
  replica_file_system_ = source_.file_system;
  EXPECT_EQ(ask({create("a", 3 * kGiB)}), std::nullopt);
  disk_.facts_.clones = false;
  EXPECT_TRUE(ask({create("a", 3 * kGiB)})->refused);
  disk_.tells_ = false;
  EXPECT_EQ(ask({create("a", 3 * kGiB)}), std::nullopt);
}

Action removal(const std::string& path, std::uint64_t size) {
  Action action = update(path, size, 0);
  action.phase = Phase::kDelete;
  action.op = Op::kDelete;
  action.after.reset();
  return action;
}

// Where deletions go first, the replica is asked what they free.
class FindRoomTest : public SpaceTest {
 protected:
  std::optional<MadeRoom> find(const std::vector<Action>& actions) {
    Plan plan;
    plan.actions = actions;
    const auto in_store = stored(plan);
    const LocalTree tree = tree_of(source_);
    auto room = find_room({.fs = disk_,
                           .source = source_,
                           .source_tree = tree,
                           .replica = source_.fd.get(),
                           .replica_file_system = replica_file_system_,
                           .atomic = is_atomic_,
                           .keeps_old = keeps_old_},
                          in_store->actions, {});
    EXPECT_TRUE(room);
    return std::move(*room);
  }

  void old_file(const std::string& name) {
    write_file(scratch_.path() + "/" + name, std::string(1 << 20, 'x'));
  }

  bool is_atomic_ = false;
};

TEST_F(FindRoomTest, PutsDeletionsFirstWhereItFitsOnlySo) {
  old_file("old");
  disk_.facts_.free_bytes = 1 << 20;
  const auto room = find({create("new", 1 << 20), removal("old", 1 << 20)});
  ASSERT_TRUE(room);
  EXPECT_EQ(room->actions.size(), 2U);
  EXPECT_EQ(room->guard, delete_first_guard(RoomUnit::kBytes, (1 << 20) + (130 << 10), 1 << 20));
}

TEST_F(FindRoomTest, LeavesThemWhereItFitsAsItIsOrNotEvenSo) {
  old_file("old");
  disk_.facts_.free_bytes = 2 << 20;
  EXPECT_FALSE(find({create("new", 1 << 20), removal("old", 1 << 20)}));
  EXPECT_FALSE(find({create("new", 4 << 20), removal("old", 1 << 20)}));
  EXPECT_FALSE(find({create("new", 3 << 20)}));
}

TEST_F(FindRoomTest, BelievesNoSizeThatTheReplicaDoesNotHold) {
  disk_.facts_.free_bytes = 1 << 20;
  EXPECT_FALSE(find({create("new", 1 << 20), removal("gone", 9 << 20)}));
  old_file("old");
  EXPECT_FALSE(find({create("new", 4 << 20), removal("old", 9 << 20)}));
}

TEST_F(FindRoomTest, HelpsNeitherWhatIsAllOrNothingNorBesideABackup) {
  old_file("old");
  disk_.facts_.free_bytes = 1 << 20;
  const std::vector<Action> actions{create("new", 1 << 20), removal("old", 1 << 20)};
  is_atomic_ = true;
  EXPECT_FALSE(find(actions));
  is_atomic_ = false;
  keeps_old_ = true;
  EXPECT_FALSE(find(actions));
}

TEST_F(FindRoomTest, CountsInodesToo) {
  std::vector<Action> actions;
  for (int i = 0; i < 40; ++i) {
    actions.push_back(create("new" + std::to_string(i), 1));
    old_file("old" + std::to_string(i));
  }
  for (int i = 0; i < 40; ++i) actions.push_back(removal("old" + std::to_string(i), 1));
  disk_.facts_.free_inodes = 63;
  const auto room = find(actions);
  ASSERT_TRUE(room);
  EXPECT_EQ(room->guard, delete_first_guard(RoomUnit::kInodes, 64, 63));
  disk_.facts_.free_inodes = 64;
  EXPECT_FALSE(find(actions));
}

TEST_F(FindRoomTest, IsMadeForTheProgramItselfWhereFilesAreShared) {
  old_file("old");
  disk_.facts_.clones = true;
  replica_file_system_ = source_.file_system;
  disk_.facts_.free_bytes = 1 << 20;
  const std::vector<Action> actions{create("new", 9 << 20), removal("old", 1 << 20)};
  EXPECT_FALSE(find(actions));
  disk_.facts_.free_bytes = 1 << 10;
  EXPECT_TRUE(find(actions));
}

// Before anything is done, with actions that are read from a spool.
class RoomTest : public SpaceTest {
 protected:
  Status check(const std::vector<Action>& actions) {
    StoredPlan plan;
    plan.actions = ActionStore(spools_.spooling());
    for (const Action& action : actions) EXPECT_TRUE(plan.actions.append(action));
    const LocalTree tree = tree_of(source_);
    const Filter none;
    const auto windows = check_space({.fs = disk_,
                                      .source = source_,
                                      .source_tree = tree,
                                      .replica = replica_,
                                      .plan = plan,
                                      .policy = {},
                                      .filter = none,
                                      .observer = observer_,
                                      .keys = test::kept_keys()});
    if (windows) windows_ = *windows;
    return windows ? success() : Status(windows.error());
  }

  test::Spools spools_;
  test::Warnings observer_;
  WindowLimits windows_;  // those of the last check that was granted
  Root replica_ = open_root(posix_, scratch_.path(), "replica").value();
};

std::vector<Action> files(std::size_t count, std::uint64_t size) {
  std::vector<Action> actions;
  for (std::size_t i = 0; i < count; ++i) actions.push_back(create(std::to_string(i), size));
  return actions;
}

TEST_F(RoomTest, IsGrantedUnreadWhereAllThatIsWrittenFits) {
  EXPECT_TRUE(check(files(1000, 2 * kGiB / 1000 - kBlock)));
  EXPECT_EQ(spools_.reads, 0U);
}

TEST_F(RoomTest, IsOfSmallerWindowsWhereWhatOneDisplacesIsWantedByTheNext) {
  std::vector<Action> actions;
  for (int i = 0; i < 8; ++i) {
    const std::string name = "u" + std::to_string(i);
    write_file(scratch_.path() + "/" + name, std::string(1 << 20, 'x'));
    actions.push_back(update(name, 1 << 20, 1 << 20));
  }
  disk_.facts_.free_bytes = 9 << 20;
  EXPECT_TRUE(check(actions));
  EXPECT_EQ(windows_.bytes, WindowLimits().bytes);
  disk_.facts_.free_bytes = 5 << 20;
  EXPECT_TRUE(check(actions));
  EXPECT_EQ(windows_.bytes, 4U << 20);
  disk_.facts_.free_bytes = 2 << 20;
  EXPECT_TRUE(check(actions));
  EXPECT_EQ(windows_.bytes, 1U);
  disk_.facts_.free_bytes = 1 << 20;
  EXPECT_FALSE(check(actions));
}

TEST_F(RoomTest, IsCountedWhereWholeBlocksMayNotFit) {
  disk_.facts_.free_bytes = 1000 * kBlock;
  EXPECT_TRUE(check(files(1000, 1)));
  EXPECT_GT(spools_.reads, 0U);
  disk_.facts_.free_bytes -= 1;
  const Status checked = check(files(1000, 1));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kRefused);
}

}  // namespace
}  // namespace foldersync
