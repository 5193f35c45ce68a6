// Every call of a run that is to be all or nothing is made to fail, one after another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <vector>

#include "apply/recovery/recover.h"
#include "fault/mirror.h"
#include "fault/rich_trees.h"
#include "support/faulty_file_system.h"
#include "support/kept_keys.h"
#include "support/sweep_points.h"

namespace foldersync {
namespace {

class Atomic : public MirrorTest {
 protected:
  Atomic() : trees_(rich_trees(holds_user_xattrs(scratch_.path()))) {
    plant_source(trees_.source);
    options_.plan.xattrs = true;
    options_.atomic = true;
    options_.durable = false;
  }

  void plant_replica_anew() {
    remove_tree(replica_);
    plant_replica(trees_.replica);
  }

  // Without the root itself, which gets its metadata when the staging folder is gone.
  static Tree below_root(Tree tree) {
    tree.erase(".");
    return tree;
  }

  [[nodiscard]] std::vector<std::string> differences_from(const Tree& wanted) const {
    return tree_differences(below_root(wanted), below_root(read_tree(replica_)));
  }

  // As `sync recover --rollback` does.
  void roll_back() {
    FileSystem& fs = posix_file_system();
    const auto roots = open_roots(fs, {source_, replica_, {"/"}});
    ASSERT_TRUE(roots.ok() && roots->replica);
    ReportRecorder recorder;
    const Policy policy = policy_of_this_process();
    const auto done = recover(
        {fs, *roots->replica, policy, recorder, test::kept_keys(), Recovery::kRollBack, false});
    ASSERT_TRUE(done.ok()) << done.error().detail;
    EXPECT_FALSE(done->conflicts);
  }

  // What is wrong with a run of which one call failed.
  std::string judge(const MirrorRun& faulty) {
    std::string wrong;
    if (!faulty.said.empty() && !faulty.has_reported_each_action_once()) {
      wrong += "not every action is reported once\n";
    }
    const bool undone = std::any_of(faulty.said.begin(), faulty.said.end(), [](const Said& said) {
      return said.outcome == Outcome::kRolledBack;
    });
    for (const Said& said : faulty.said) {
      if (undone && said.outcome == Outcome::kOk)
        wrong += "done and rolled back: " + said.path + "\n";
    }
    roll_back();
    if (differences_from(trees_.replica).empty()) {
      if (faulty.is_success()) wrong += "claims success, and is the old tree\n";
      return wrong;
    }
    for (const std::string& line : differences_from(trees_.source))
      wrong += "neither: " + line + "\n";
    if (undone) wrong += "says that it was rolled back, and is the new tree\n";
    return wrong;
  }

  RichTrees trees_;
  MirrorOptions options_;
};

TEST_F(Atomic, WhateverFailsTheReplicaIsTheOldOrTheNewTreeAndEachActionIsReportedOnce) {
  // Only the calls of the apply: a plan that is not complete is not for this.
  std::uint64_t made = 0;
  std::uint64_t failing = 0;
  bool applies = false;
  options_.before_apply = [&] { applies = true; };
  const auto mirror_failing_at = [&](std::uint64_t nth, FaultyFileSystem& fs) {
    plant_replica_anew();
    made = 0;
    failing = nth;
    applies = false;
    fs.intercept([&](const CallInfo&) { return applies && ++made == failing ? EIO : 0; });
    return run(fs, options_);
  };
  FaultyFileSystem counting;
  ASSERT_TRUE(mirror_failing_at(0, counting).is_success());
  ASSERT_EQ(differences_from(trees_.source), std::vector<std::string>());
  const std::uint64_t calls = made;
  std::string wrong;
  constexpr std::uint64_t kEnough = 150;
  for (const std::uint64_t nth : spread_points(calls, kEnough)) {
    if (wrong.size() >= 10'000) break;
    FaultyFileSystem fs;
    const MirrorRun faulty = mirror_failing_at(nth, fs);
    const std::string found = judge(faulty);
    if (found.empty()) continue;
    wrong += "call " + std::to_string(nth) + ", " + fs.first_failure() + ":" + faulty.troubles() +
             "\n" + found;
  }
  EXPECT_EQ(wrong, "");
}

TEST_F(Atomic, WhereverItIsToldToStopTheReplicaCanBeTheOldOrTheNewTree) {
  std::atomic<bool> stop{false};
  options_.stop = &stop;
  options_.windows.wind_up_seconds = 0;
  std::uint64_t made = 0;
  const auto mirror_stopped_at = [&](std::uint64_t nth) {
    plant_replica_anew();
    made = 0;
    stop = false;
    FaultyFileSystem fs;
    fs.intercept([&](const CallInfo&) {
      if (++made == nth) stop = true;
      return 0;
    });
    return run(fs, options_);
  };
  ASSERT_TRUE(mirror_stopped_at(0).is_success());
  const std::uint64_t calls = made;
  std::string wrong;
  constexpr std::uint64_t kEnough = 100;
  for (const std::uint64_t nth : spread_points(calls, kEnough)) {
    const std::string found = judge(mirror_stopped_at(nth));
    if (!found.empty()) wrong += "call " + std::to_string(nth) + ":\n" + found;
    if (wrong.size() >= 10'000) break;
  }
  EXPECT_EQ(wrong, "");
}

}  // namespace
}  // namespace foldersync
