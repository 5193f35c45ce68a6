// A source that is reached by another file system than the replica: nothing of the one is asked of
// the other, and no descriptor is shared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "apply/engine.h"
#include "fs/posix_file_system.h"
#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/kept_keys.h"
#include "support/memory_file_system.h"
#include "support/planning.h"

namespace foldersync {
namespace {

using test::dir;
using test::file;
using test::link;
using test::MemoryFileSystem;
using test::Planning;
using test::symlink;
using test::tree;
using ::testing::IsEmpty;

// What did not go as planned.
class Told final : public ApplyObserver {
 public:
  void report(const ActionReport& report) override {
    if (report.outcome == Outcome::kOk || report.outcome == Outcome::kAlready) return;
    trouble.push_back(report.action->path.shown() + " " + to_string(report.outcome) +
                      (report.error ? std::string(" ") + report.error->operation : ""));
  }
  void warn(const std::string& sentence) override { trouble.push_back(sentence); }

  std::vector<std::string> trouble;
};

class TwoSystems : public testing::Test {
 protected:
  TwoSystems() {
    planning_.policy =
        ::geteuid() == 0 ? test::root_policy() : test::user_policy(::geteuid(), ::getegid());
    planning_.options.xattrs = true;
    memory_.mount("/source", source_);
    plant(entries_of(tree({file("changed", "older"), dir("old"), file("old/a", "of a directory"),
                           file("old/b", "that is moved"), file("origin", "what is moved"),
                           symlink("link", "elsewhere"), file("gone", "goes"), dir("d")})),
          scratch_ / "replica");
  }

  Told apply(bool follow_source, bool dry_run = false) {
    Told told;
    const Plan plan =
        test::plan_folders({memory_, "/source"}, {disk_, scratch_ / "replica"}, planning_);
    const auto in_store = stored(plan);
    auto source = open_root(memory_, "/source", "source");
    auto replica = open_root(disk_, scratch_ / "replica", "replica");
    const auto filter = Filter::compile({});
    EXPECT_TRUE(in_store.ok() && source.ok() && replica.ok());
    const LocalTree of_source = tree_without(*source, *replica);
    EXPECT_TRUE(apply_plan({.fs = disk_,
                            .source = *source,
                            .source_tree = of_source,
                            .replica = *replica,
                            .plan = *in_store,
                            .policy = planning_.policy,
                            .filter = *filter,
                            .observer = told,
                            .keys = test::kept_keys(),
                            .threads = 2,
                            .follow_source = follow_source,
                            .dry_run = dry_run})
                    .ok());
    return told;
  }

  [[nodiscard]] std::vector<std::string> differences() const {
    return tree_differences(entries_of(source_), read_tree(scratch_ / "replica"));
  }

  const test::Tree source_ = tree({file("changed", std::string(600'000, 'n')).at(200), dir("new"),
                                   file("new/a", "of a directory"), file("new/b", "that is moved"),
                                   file("name", "what is moved"), symlink("link", "to"), dir("d"),
                                   file("d/x", "linked"), link("d/y", "d/x"), test::fifo("pipe")});
  MemoryFileSystem memory_;
  FileSystem& disk_ = posix_file_system();
  ScratchFolder scratch_;
  Planning planning_;
};

TEST_F(TwoSystems, WhatWasReviewedIsApplied) {
  planning_.options.pin = true;
  EXPECT_THAT(apply(false).trouble, IsEmpty());
  EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(TwoSystems, WhatWasJustPlannedIsApplied) {
  EXPECT_THAT(apply(true).trouble, IsEmpty());
  EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(TwoSystems, ADryRunAsksTheSameAndChangesNothing) {
  const auto before = read_tree(scratch_ / "replica");
  EXPECT_THAT(apply(false, true).trouble, IsEmpty());
  EXPECT_THAT(tree_differences(before, read_tree(scratch_ / "replica")), IsEmpty());
}

}  // namespace
}  // namespace foldersync
