#include "apply/steps/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "format/errno_name.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Keeps what it is told, as "SEQ OUTCOME", with the errno or the sides of the drifts.
class Ear final : public ApplyObserver {
 public:
  void report(const ActionReport& report) override {
    std::string text = std::to_string(report.seq) + " " + to_string(report.outcome);
    if (report.error) text += " " + errno_name(report.error->error_number);
    for (const Drift& drift : report.drifts) text += std::string(" ") + to_string(drift.side);
    heard.push_back(text);
    reports.push_back(report);
  }
  void warn(const std::string& sentence) override { ADD_FAILURE() << sentence; }

  std::vector<std::string> heard;
  std::vector<ActionReport> reports;
};

Action action(Phase phase, Op op, const std::string& path) {
  Action made;
  made.phase = phase;
  made.op = op;
  made.path = RelPath(path);
  return made;
}
Action made_directory(const std::string& path) { return action(Phase::kMkdir, Op::kCreate, path); }
Action written(const std::string& path) { return action(Phase::kWrite, Op::kCreate, path); }
Action deleted(const std::string& path) { return action(Phase::kDelete, Op::kDelete, path); }

LookResult found(Finding finding) {
  LookResult look;
  look.finding = finding;
  return look;
}
LookResult drifted(Side side) {
  LookResult look = found(Finding::kStale);
  look.drifts.push_back({side, {"size", "1", "2"}});
  return look;
}

class OutcomesTest : public testing::Test {
 protected:
  Ear ear_;
  Outcomes reviewed_{ear_, false};
  Outcomes following_{ear_, true};
};

TEST_F(OutcomesTest, DoneTellsWhatWasMade) {
  const Action copied = written("f");
  Staged made;
  made.bytes = 7;
  made.grown = true;
  reviewed_.done({copied, 3}, Outcome::kOk, made);
  EXPECT_THAT(ear_.heard, ElementsAre("3 ok"));
  EXPECT_EQ(ear_.reports[0].bytes, 7U);
  EXPECT_TRUE(ear_.reports[0].grown);
  EXPECT_EQ(ear_.reports[0].action, &copied);
}

TEST_F(OutcomesTest, AnErrorThatNamesNoPathIsAboutTheActions) {
  reviewed_.failed({written("d/f"), 1}, system_error("open", EACCES));
  reviewed_.failed({written("d/g"), 2}, system_error("open", EACCES).at("d"));
  EXPECT_THAT(ear_.heard, ElementsAre("1 error EACCES", "2 error EACCES"));
  EXPECT_EQ(ear_.reports[0].error->path, "d/f");
  EXPECT_EQ(ear_.reports[1].error->path, "d");
}

TEST_F(OutcomesTest, WhatIsMissingBelowADirectoryThatCouldNotBeMadeIsSkipped) {
  reviewed_.failed({made_directory("d"), 1}, system_error("mkdir", EACCES));
  reviewed_.failed({written("d/e/f"), 2}, system_error("open", ENOENT));
  reviewed_.failed({written("e/f"), 3}, system_error("open", ENOENT));
  reviewed_.failed({written("d/g"), 4}, system_error("open", EIO));
  EXPECT_THAT(ear_.heard,
              ElementsAre("1 error EACCES", "2 skipped ENOENT", "3 error ENOENT", "4 error EIO"));
}

TEST_F(OutcomesTest, ADirectoryThatWasStaleOrSkippedIsMissingTooForWhatLiesBelow) {
  reviewed_.stale({made_directory("d"), 1}, {});
  reviewed_.skip({made_directory("e"), 2});
  reviewed_.failed({written("d/f"), 3}, system_error("open", ENOENT));
  reviewed_.failed({written("e/f"), 4}, system_error("open", ENOENT));
  EXPECT_THAT(ear_.heard,
              ElementsAre("1 stale", "2 skipped", "3 skipped ENOENT", "4 skipped ENOENT"));
}

// A file kept the place of the directory.
TEST_F(OutcomesTest, WhatCannotBeReachedBelowADirectoryThatCouldNotBeMadeIsSkipped) {
  reviewed_.failed({made_directory("d"), 1}, system_error("rename", EPERM));
  reviewed_.failed({written("d/f"), 2}, system_error("open", ENOTDIR));
  reviewed_.failed({written("e/f"), 3}, system_error("open", ENOTDIR));
  EXPECT_THAT(ear_.heard, ElementsAre("1 error EPERM", "2 skipped ENOTDIR", "3 error ENOTDIR"));
}

TEST_F(OutcomesTest, TheFinishOfADirectoryThatCouldNotBeMadeIsSkipped) {
  reviewed_.failed({made_directory("d"), 1}, system_error("rename", EPERM));
  LookResult a_file = drifted(Side::kReplica);
  a_file.replica = FileStatus{};
  EXPECT_TRUE(reviewed_.report_look({action(Phase::kFinish, Op::kMetadata, "d"), 2}, a_file));
  EXPECT_TRUE(reviewed_.report_look({action(Phase::kFinish, Op::kMetadata, "e"), 3}, a_file));
  EXPECT_THAT(ear_.heard, ElementsAre("1 error EPERM", "2 skipped", "3 stale replica"));
}

TEST_F(OutcomesTest, AFailedFileIsNoMissingDirectory) {
  reviewed_.failed({written("d"), 1}, system_error("open", EIO));
  reviewed_.failed({written("d/f"), 2}, system_error("open", ENOENT));
  EXPECT_THAT(ear_.heard, ElementsAre("1 error EIO", "2 error ENOENT"));
}

TEST_F(OutcomesTest, EverythingWrittenThatDidNotSucceedIsNotWritten) {
  reviewed_.failed({written("failed"), 1}, system_error("open", EIO));
  reviewed_.stale({written("stale"), 2}, {});
  reviewed_.skip({written("skipped"), 3});
  reviewed_.done({written("done"), 4}, Outcome::kOk);
  reviewed_.done({written("already"), 5}, Outcome::kAlready);
  for (const char* path : {"failed", "stale", "skipped"}) {
    EXPECT_TRUE(reviewed_.is_not_written(RelPath(path))) << path;
  }
  for (const char* path : {"done", "already", "other"}) {
    EXPECT_FALSE(reviewed_.is_not_written(RelPath(path))) << path;
  }
}

TEST_F(OutcomesTest, WhatCouldNotBeDeletedKeepsEveryDirectoryAboveIt) {
  reviewed_.failed({deleted("a/b/c"), 1}, system_error("rename", EPERM));
  reviewed_.stale({deleted("a/d/e"), 2}, {});
  reviewed_.skip({deleted("f/g"), 3});
  reviewed_.done({deleted("h/i"), 4}, Outcome::kOk);
  for (const char* path : {"a", "a/b", "a/d", "f"}) {
    EXPECT_TRUE(reviewed_.is_not_emptied(RelPath(path))) << path;
  }
  for (const char* path : {"h", "a/bb", "g"}) {
    EXPECT_FALSE(reviewed_.is_not_emptied(RelPath(path))) << path;
  }
}

TEST_F(OutcomesTest, WhatCouldNotBeWrittenEmptiesNothing) {
  reviewed_.failed({written("a/b"), 1}, system_error("open", EIO));
  EXPECT_FALSE(reviewed_.is_not_emptied(RelPath("a")));
}

TEST_F(OutcomesTest, ALookThatHoldsDecidesNothing) {
  EXPECT_FALSE(reviewed_.report_look({written("f"), 1}, found(Finding::kHolds)));
  EXPECT_THAT(ear_.heard, IsEmpty());
}

TEST_F(OutcomesTest, ALookThatFindsItDoneOrFailsIsReported) {
  LookResult failed = found(Finding::kFailed);
  failed.error = system_error("stat", EIO);
  EXPECT_TRUE(reviewed_.report_look({written("f"), 1}, found(Finding::kAlready)));
  EXPECT_TRUE(reviewed_.report_look({written("g"), 2}, failed));
  EXPECT_THAT(ear_.heard, ElementsAre("1 already", "2 error EIO"));
  EXPECT_FALSE(reviewed_.is_not_written(RelPath("f")));
  EXPECT_TRUE(reviewed_.is_not_written(RelPath("g")));
}

TEST_F(OutcomesTest, AStaleLookTellsEachDrift) {
  LookResult both = drifted(Side::kReplica);
  both.drifts.push_back({Side::kReplica, {"mode", "0644", "0600"}});
  EXPECT_TRUE(reviewed_.report_look({written("f"), 1}, drifted(Side::kSource)));
  EXPECT_TRUE(reviewed_.report_look({written("g"), 2}, both));
  EXPECT_THAT(ear_.heard, ElementsAre("1 stale source", "2 stale replica replica"));
}

TEST_F(OutcomesTest, InARunASourceThatChangedIsAnErrorAndOneThatVanishedNoneAndAReplicaIsStale) {
  LookResult changed = drifted(Side::kSource);
  changed.source = FileStatus{};
  EXPECT_TRUE(following_.report_look({written("gone"), 1}, drifted(Side::kSource)));
  EXPECT_TRUE(following_.report_look({written("changed"), 2}, changed));
  EXPECT_TRUE(following_.report_look({written("f"), 3}, drifted(Side::kReplica)));
  EXPECT_THAT(ear_.heard,
              ElementsAre("1 skipped ENOENT", "2 error " + errno_name(0), "3 stale replica"));
  EXPECT_TRUE(ear_.reports[0].vanished);
  EXPECT_EQ(ear_.reports[0].error->code, ErrorCode::kVanished);
  EXPECT_EQ(ear_.reports[1].error->code, ErrorCode::kChanged);
}

TEST_F(OutcomesTest, WhatIsStaleForWantOfADirectoryThatCouldNotBeMadeIsSkipped) {
  reviewed_.failed({made_directory("d"), 1}, system_error("mkdir", EACCES));
  LookResult there = drifted(Side::kReplica);
  there.replica = FileStatus{};
  EXPECT_TRUE(reviewed_.report_look({written("d/f"), 2}, drifted(Side::kReplica)));
  EXPECT_TRUE(reviewed_.report_look({written("d/g"), 3}, there));
  EXPECT_THAT(ear_.heard, ElementsAre("1 error EACCES", "2 skipped", "3 stale replica"));
  EXPECT_TRUE(reviewed_.is_not_written(RelPath("d/f")));
}

}  // namespace
}  // namespace foldersync
