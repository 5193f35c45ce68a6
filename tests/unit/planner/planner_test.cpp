#include "planner/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "fs/clock.h"
#include "fs/posix_file_system.h"
#include "scan/local_tree.h"
#include "support/counting_file_system.h"
#include "support/disk_tree.h"
#include "support/memory_file_system.h"
#include "support/planning.h"

namespace foldersync {
namespace {

using test::CountingFileSystem;
using test::dir;
using test::fifo;
using test::file;
using test::link;
using test::MemoryCache;
using test::MemoryFileSystem;
using test::Object;
using test::Planning;
using test::symlink;
using test::Tree;
using test::tree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Planning own_planning() {
  Planning planning;
  planning.policy =
      ::geteuid() == 0 ? test::root_policy() : test::user_policy(::geteuid(), ::getegid());
  return planning;
}

// "clear delete d/a", one for each action.
std::vector<std::string> told(const Plan& plan) {
  std::vector<std::string> result;
  for (const Action& action : plan.actions) {
    result.push_back(std::string(to_string(action.phase)) + " " + to_string(action.op) + " " +
                     action.path.shown());
  }
  return result;
}

// Two trees on disk; every look at them is counted.
class OnDisk {
 public:
  OnDisk(const Tree& source, const std::optional<Tree>& replica) {
    plant(entries_of(source), folder_ / "source");
    if (replica) plant(entries_of(*replica), folder_ / "replica");
  }

  // The plan; fs() has counted what this one cost.
  Plan plan(const Planning& planning = own_planning()) {
    counting_.emplace(posix_);
    return test::plan_folders(*counting_, folder_ / "source", folder_ / "replica", planning);
  }

  [[nodiscard]] const test::Calls& cost() const { return counting_->calls; }

 private:
  ScratchFolder folder_;
  FileSystem& posix_ = posix_file_system();
  std::optional<CountingFileSystem> counting_;
};

TEST(Planner, LooksOnceAtEachEntryOfAnUnchangedTreeAndOpensNoFile) {
  const Tree both = tree({file("a", "hello"), file("d/b", "x"), file("d/e/c", ""), fifo("p")});
  OnDisk folders(both, both);
  EXPECT_THAT(told(folders.plan()), IsEmpty());
  EXPECT_EQ(folders.cost().looks, 2U * 6);
  EXPECT_EQ(folders.cost().directories, 2U * (3 + 1));  // a root is read by another descriptor
  EXPECT_EQ(folders.cost().files, 0U);
  EXPECT_EQ(folders.cost().targets, 0U);
}

TEST(Planner, ReadsTheTargetOfEachSymlinkOnce) {
  const Tree both = tree({symlink("l", "a"), symlink("d/m", "..")});
  OnDisk folders(both, both);
  EXPECT_THAT(told(folders.plan()), IsEmpty());
  EXPECT_EQ(folders.cost().targets, 2U * 2);
}

TEST(Planner, ReadsBothSidesOfATouchedFileOnceAndNoOtherFile) {
  OnDisk folders(tree({file("a", "hello").at(200), file("b", "hello")}),
                 tree({file("a", "hello"), file("b", "hello")}));
  EXPECT_THAT(told(folders.plan()), ElementsAre("write metadata a", "finish metadata ."));
  EXPECT_EQ(folders.cost().files, 2U);
  EXPECT_EQ(folders.cost().bytes_read, 2U * 5);
}

TEST(Planner, StopsReadingAtTheFirstDifference) {
  const std::string large(3'000'000, 'x');
  OnDisk folders(tree({file("a", large + "a").at(200)}), tree({file("a", "b" + large)}));
  EXPECT_THAT(told(folders.plan()), ElementsAre("write update a", "finish metadata ."));
  EXPECT_LT(folders.cost().bytes_read, 2'000'000U);
}

TEST(Planner, ReadsNothingWhereOnlyTheSizeOrNothingElseThanMetadataDiffers) {
  OnDisk folders(tree({file("a", "hello"), file("b", "x").mode(0600), file("c", "").at(200)}),
                 tree({file("a", "hello!"), file("b", "x"), file("c", "")}));
  EXPECT_THAT(told(folders.plan()), ElementsAre("write update a", "write metadata b",
                                                "write metadata c", "finish metadata ."));
  EXPECT_EQ(folders.cost().files, 0U);
}

TEST(Planner, ReadsNothingOfWhatItIsAboutToCreateOrDelete) {
  OnDisk folders(tree({file("a", "hello"), file("d/b", "hello").at(200), file("empty", "")}),
                 tree({file("c", "hello!"), file("e", "hello").at(300), file("f", "")}));
  EXPECT_EQ(told(folders.plan()).size(), 9U);
  EXPECT_EQ(folders.cost().files, 0U);
}

TEST(Planner, ReadsOnceWhatHasOnlyMovedAndWritesNothing) {
  OnDisk folders(tree({file("d/b", "hello"), file("other", "x")}),
                 tree({file("c", "hello"), file("other", "x")}));
  const Plan plan = folders.plan();
  EXPECT_THAT(told(plan), ElementsAre("mkdir create d", "write move d/b", "finish metadata d",
                                      "finish metadata ."));
  EXPECT_EQ(plan.actions[1].other, RelPath("c"));
  EXPECT_EQ(plan.summary.move, 1U);
  EXPECT_EQ(plan.summary.bytes_to_write, 0U);
  EXPECT_EQ(plan.summary.bytes_to_delete, 0U);
  EXPECT_EQ(folders.cost().files, 2U);
}

TEST(Planner, AMoveCountsAsNoDeletion) {
  Planning planning = own_planning();
  planning.options.max_delete = Limit{0, false};
  EXPECT_THAT(test::plan_trees(tree({file("a", "x")}), tree({file("b", "x")}), planning).guards,
              ElementsAre(Guard{"max-delete", "0", 0, 1, false}));
}

TEST(Planner, MovesNothingWhereNothingIsToBeDeleted) {
  Planning planning = own_planning();
  planning.options.remove_extra = false;
  EXPECT_THAT(told(test::plan_trees(tree({file("a", "x")}), tree({file("b", "x")}), planning)),
              ElementsAre("write create a", "finish metadata ."));
}

TEST(Planner, MovesAWholeDirectoryInOneStep) {
  EXPECT_THAT(told(test::plan_trees(
                  tree({dir("new").mode(0700), file("new/d/a", "x"), symlink("new/l", "a")}),
                  tree({file("old/d/a", "x"), symlink("old/l", "a")}), own_planning())),
              ElementsAre("mkdir move new", "finish metadata new", "finish metadata ."));
}

TEST(Planner, MovesTheFilesOfADirectoryWhoseContentDiffersOneByOne) {
  EXPECT_THAT(
      told(test::plan_trees(tree({file("new/a", "x"), file("new/b", "y")}),
                            tree({file("old/a", "x"), file("old/b", "z")}), own_planning())),
      ElementsAre("mkdir create new", "write move new/a", "write create new/b",
                  "delete delete old/b", "rmdir delete old", "finish metadata new",
                  "finish metadata ."));
}

TEST(Planner, MovesNoNameOfAFileThatHasMore) {
  EXPECT_THAT(told(test::plan_trees(tree({file("a", "x")}),
                                    tree({file("b", "x").named_elsewhere(1)}), own_planning())),
              ElementsAre("write create a", "delete delete b", "finish metadata ."));
  EXPECT_THAT(
      told(test::plan_trees(tree({file("a", "x"), link("c", "a")}), tree({file("b", "x")}),
                            own_planning())),
      ElementsAre("write create a", "write link c", "delete delete b", "finish metadata ."));
}

TEST(Planner, MovesNothingFromOneMountOfTheReplicaToAnother) {
  Planning planning = own_planning();
  planning.options.cross_mounts = true;
  EXPECT_THAT(
      told(test::plan_trees(tree({dir("m"), file("a", "x")}),
                            tree({dir("m").on_mount(7), file("m/b", "x")}), planning)),
      ElementsAre("write create a", "delete delete m/b", "finish metadata m", "finish metadata ."));
}

TEST(Planner, ReadsEveryFileOfOneSizeWithChecksum) {
  const Tree both = tree({file("a", "hello"), file("b", ""), file("c", "world")});
  OnDisk folders(both, both);
  Planning planning = own_planning();
  planning.policy.checksum = true;
  EXPECT_THAT(told(folders.plan(planning)), IsEmpty());
  EXPECT_EQ(folders.cost().files, 2U * 2);
  EXPECT_EQ(folders.cost().bytes_read, 4U * 5);
}

TEST(Planner, ReadsNothingTwiceWhereACacheRemembers) {
  OnDisk folders(tree({file("a", "hello").at(200), file("d/b", "world").at(200)}),
                 tree({file("a", "hello"), file("d/b", "world")}));
  MemoryCache cache;
  Planning planning = own_planning();
  planning.cache = &cache;
  const Plan cold = folders.plan(planning);
  EXPECT_EQ(folders.cost().files, 4U);
  EXPECT_EQ(cache.size(), 4U);
  const Plan warm = folders.plan(planning);
  EXPECT_EQ(folders.cost().files, 0U);
  EXPECT_EQ(warm.actions, cold.actions);
}

TEST(Planner, ReadsOnlyTheSideThatTheCacheDoesNotKnow) {
  const Tree source = tree({file("a", "hello").at(200)});
  Tree replica = tree({file("a", "hello")});
  MemoryFileSystem memory;
  memory.mount("/source", source);
  memory.mount("/replica", replica);
  CountingFileSystem fs(memory);
  MemoryCache cache;
  Planning planning = own_planning();
  planning.cache = &cache;
  test::plan_folders(fs, "/source", "/replica", planning);
  EXPECT_EQ(fs.calls.files, 2U);
  replica.find(RelPath("a"))->mtime = FileTime{300, 0};
  const Plan plan = test::plan_folders(fs, "/source", "/replica", planning);
  EXPECT_THAT(told(plan), ElementsAre("write metadata a", "finish metadata ."));
  EXPECT_EQ(fs.calls.files, 2U + 1);
}

// Two trees with a file that content decides about in each of their directories.
class Remembering : public testing::Test {
 protected:
  Remembering() { planning_.cache = &cache_; }

  std::vector<std::string> plan() { return told(test::plan_trees(source_, replica_, planning_)); }

  Tree source_ =
      tree({file("a", "hello").at(200), file("b", "hello").at(200), file("d/c", "hello").at(200)});
  Tree replica_ = tree({file("a", "hello"), file("b", "hello"), file("d/c", "hello")});
  MemoryCache cache_;
  Planning planning_ = own_planning();
};

TEST_F(Remembering, WhatIsNoLongerAFileIsForgottenWhereTheCacheWasAsked) {
  plan();
  ASSERT_EQ(cache_.size(), 6U);
  for (Tree* const each : {&source_, &replica_}) each->erase(RelPath("b"));
  plan();
  EXPECT_EQ(cache_.size(), 4U);
  for (Tree* const each : {&source_, &replica_}) {
    each->put(RelPath("d/c"), *tree({fifo("x")}).find(RelPath("x")));
    each->put(RelPath("d/undecided"), Object{.content = "hello"});
  }
  source_.find(RelPath("d/undecided"))->mtime = FileTime{200, 0};
  plan();
  EXPECT_EQ(cache_.size(), 2U + 2U);
}

TEST_F(Remembering, AFileThatIsToGoIsForgottenOnBothSides) {
  plan();
  for (const char* path : {"a", "d/c"}) replica_.find(RelPath(path))->mtime = FileTime{200, 0};
  source_.erase(RelPath("b"));
  source_.put(RelPath("d/c"), *tree({fifo("x")}).find(RelPath("x")));
  EXPECT_THAT(plan(), ElementsAre("write replace d/c", "delete delete b", "finish metadata d",
                                  "finish metadata ."));
  EXPECT_EQ(cache_.size(), 2U);
}

TEST_F(Remembering, ADirectoryThatIsToGoIsForgottenWithAllItHeld) {
  plan();
  source_.erase(RelPath("d"));
  replica_.erase(RelPath("d/c"));
  plan();
  EXPECT_EQ(cache_.size(), 4U);
}

TEST_F(Remembering, WhatCouldNotBeReadIsNotForgotten) {
  plan();
  MemoryFileSystem fs;
  fs.mount("/source", source_);
  fs.mount("/replica", replica_);
  fs.make_unreadable("/source", RelPath("d"), EACCES);
  fs.make_unknown("/source", RelPath("b"), EIO);
  test::plan_folders(fs, "/source", "/replica", planning_);
  EXPECT_EQ(cache_.size(), 6U);
}

TEST_F(Remembering, NothingIsAskedWhereNothingIsUndecided) {
  plan();
  const std::size_t before = cache_.calls();
  replica_ = source_;
  EXPECT_THAT(plan(), IsEmpty());
  EXPECT_EQ(cache_.calls(), before);
}

TEST_F(Remembering, WhatOthersChangeTooIsRememberedAfterAnHour) {
  MemoryFileSystem fs;
  fs.mount("/source", source_);
  fs.mount("/replica", replica_);
  fs.share();
  const FileTime now = wall_clock_now();
  source_.find(RelPath("a"))->ctime = FileTime{now.seconds - 600, 0};
  test::plan_folders(fs, "/source", "/replica", planning_);
  EXPECT_EQ(cache_.size(), 5U);
}

TEST(Planner, DoesNotBelieveTheCacheOnceAStampHasChanged) {
  Tree source = tree({file("a", "hello").at(200)});
  const Tree replica = tree({file("a", "hello")});
  MemoryCache cache;
  Planning planning = own_planning();
  planning.cache = &cache;
  EXPECT_THAT(told(test::plan_trees(source, replica, planning)),
              ElementsAre("write metadata a", "finish metadata ."));
  source.find(RelPath("a"))->content = "world";
  EXPECT_THAT(told(test::plan_trees(source, replica, planning)),
              ElementsAre("write metadata a", "finish metadata ."))
      << "the stamps are the same: this is what the cache is for";
  source.find(RelPath("a"))->ctime = FileTime{101, 0};
  EXPECT_THAT(told(test::plan_trees(source, replica, planning)),
              ElementsAre("write update a", "finish metadata ."));
}

TEST(Planner, PutsTheContentsOfADirectoryThatBecomesAFileIntoClear) {
  OnDisk folders(tree({file("d", "x"), file("d-e", "x")}),
                 tree({file("d/a", "x"), file("d/e/b", "x"), file("d-e", "x"), file("f", "x")}));
  EXPECT_THAT(told(folders.plan()),
              ElementsAre("clear delete d/e/b", "clear delete d/e", "clear delete d/a",
                          "write replace d", "delete delete f", "finish metadata ."));
}

TEST(Planner, PlansTheRootItselfWhereThereIsNoReplicaYet) {
  OnDisk folders(tree({dir(".").mode(0750), file("a", "x")}), std::nullopt);
  const Plan plan = folders.plan();
  EXPECT_THAT(told(plan), ElementsAre("mkdir create .", "write create a", "finish metadata ."));
  EXPECT_EQ(plan.actions.front().after->mode, 0750U);
  EXPECT_EQ(plan.actions.back().after->mtime, (FileTime{100, 0}));
  EXPECT_EQ(plan.replica.identity, "");
}

TEST(Planner, PutsTheRootRightLikeAnyDirectory) {
  OnDisk folders(tree({dir(".").mode(0700).at(200)}), tree({}));
  EXPECT_THAT(told(folders.plan()), ElementsAre("finish metadata ."));
}

TEST(Planner, SumsUpWhatItPlans) {
  OnDisk folders(tree({file("a", "hello"), file("b", "x"), file("same", "x")}),
                 tree({file("b", "yy"), file("c", "12345678"), file("same", "x")}));
  const Summary summary = folders.plan().summary;
  EXPECT_EQ(summary.create, 1U);
  EXPECT_EQ(summary.update, 1U);
  EXPECT_EQ(summary.remove, 1U);
  EXPECT_EQ(summary.finish, 1U);
  EXPECT_EQ(summary.bytes_to_write, 6U);
  EXPECT_EQ(summary.bytes_to_delete, 8U);
  EXPECT_EQ(summary.unchanged, 1U);
  EXPECT_EQ(summary.problems, 0U);
}

TEST(Planner, GuardsDeletionsByAllEntriesOfTheReplica) {
  Planning planning = own_planning();
  planning.options.max_delete = Limit{50, true};
  const Tree source = tree({file("a", "x")});
  EXPECT_THAT(test::plan_trees(source, tree({file("a", "x"), file("b", "x")}), planning).guards,
              ElementsAre(Guard{"max-delete", "50%", 1, 2, false}));
  EXPECT_THAT(test::plan_trees(source, tree({file("d/b", "y"), file("c", "z")}), planning).guards,
              ElementsAre(Guard{"max-delete", "50%", 3, 3, true}));
}

TEST(Planner, CountsWhatVanishesBelowAReplacedDirectory) {
  Planning planning = own_planning();
  planning.options.max_delete = Limit{1, false};
  const Plan plan = test::plan_trees(tree({file("d", "x")}),
                                     tree({file("d/a", "x"), file("d/b", "x")}), planning);
  EXPECT_TRUE(plan.refused());
}

Result<Planned> plan_of(const Roots& roots, std::size_t threads = 1,
                        const std::atomic<bool>* stop = nullptr) {
  const LocalTree source = tree_of(roots.source);
  const LocalTree replica = tree_of(*roots.replica);
  const Filter none;
  return make_plan({.trees = {.roots = roots,
                              .source = source,
                              .replica = &replica,
                              .options = {},
                              .policy = test::root_policy(),
                              .filter = none,
                              .threads = threads,
                              .stop = stop}});
}

TEST(Planner, RefusesARootThatTurnsUpInsideTheOther) {
  const Tree both = tree({dir("d")});
  MemoryFileSystem fs;
  fs.mount("/source", both);
  Roots roots{*open_root(fs, "/source", "source"), *open_root(fs, "/source", "replica"), "/source"};
  roots.replica->fd = std::move(*fs.open_directory(roots.source.fd.get(), "d"));
  roots.replica->status = *fs.status(roots.replica->fd.get());
  const auto planned = plan_of(roots);
  ASSERT_FALSE(planned.ok());
  EXPECT_EQ(planned.error().code, ErrorCode::kRefused);
}

TEST(Planner, EndsWhereItIsToldToStop) {
  const Tree both = tree({dir("d")});
  MemoryFileSystem fs;
  fs.mount("/source", both);
  fs.mount("/replica", both);
  const Roots roots{*open_root(fs, "/source", "source"), *open_root(fs, "/replica", "replica"),
                    "/replica"};
  const std::atomic<bool> stop = true;
  const auto planned = plan_of(roots, 2, &stop);
  ASSERT_FALSE(planned.ok());
  EXPECT_EQ(planned.error().code, ErrorCode::kStopped);
}

TEST(Planner, FindsWhateverHasTheNameOfAStagingFolder) {
  const Tree source = tree({dir("d")});
  const Tree replica = tree({dir(".sync-txn"), dir("d/.Sync-TXN-0123abCD"), dir("gone"),
                             dir("gone/.sync-txn"), dir("gone/.sync-txn-0123")});
  MemoryFileSystem fs;
  fs.mount("/source", source);
  fs.mount("/replica", replica);
  const Roots roots{*open_root(fs, "/source", "source"), *open_root(fs, "/replica", "replica"),
                    "/replica"};
  const auto planned = plan_of(roots);
  ASSERT_TRUE(planned.ok());
  EXPECT_THAT(planned->leftovers, ElementsAre(RelPath(".sync-txn"), RelPath("d/.Sync-TXN-0123abCD"),
                                              RelPath("gone/.sync-txn")));
  const auto plan = in_memory(planned->plan);
  ASSERT_TRUE(plan.ok());
  std::vector<std::string> deleted;
  for (const Action& action : plan->actions) {
    if (action.op == Op::kDelete) deleted.push_back(action.path.bytes());
  }
  EXPECT_THAT(deleted, ElementsAre("gone/.sync-txn-0123"));
}

}  // namespace
}  // namespace foldersync
