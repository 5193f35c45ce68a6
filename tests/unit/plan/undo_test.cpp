#include "plan/undo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/action_rules.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using test::action_of;
using test::directory_of;
using test::file_of;

const Facts kOld = file_of(5, 100);
const Facts kMade = file_of(9, 200);

Facts symlink_to(const char* target) {
  Facts facts;
  facts.type = FileType::kSymlink;
  facts.target = target;
  return facts;
}

// Every inverse keeps the rules of the plan document.
Action inverse(const Action& done, const std::optional<Facts>& made,
               const std::optional<Facts>& old) {
  Action undo = inverse_of(done, made, old);
  EXPECT_EQ(broken_rule(undo), nullptr) << broken_rule(undo);
  EXPECT_TRUE(undo.reasons.has(Reason::kUndo));
  EXPECT_EQ(undo.before, made);
  EXPECT_EQ(undo.after, old);
  return undo;
}

TEST(Undo, WhatWasCreatedIsDeleted) {
  const Action undo =
      inverse(action_of(Phase::kWrite, Op::kCreate, "a", {Reason::kMissing}), kMade, std::nullopt);
  EXPECT_EQ(undo.phase, Phase::kDelete);
  EXPECT_EQ(undo.op, Op::kDelete);
}

TEST(Undo, ADirectoryThatWasCreatedIsRemovedWhenItIsEmpty) {
  const Action undo = inverse(action_of(Phase::kMkdir, Op::kCreate, "a", {Reason::kMissing}),
                              directory_of(0755), std::nullopt);
  EXPECT_EQ(undo.phase, Phase::kRmdir);
}

TEST(Undo, WhatWasDeletedIsCreated) {
  const Action undo =
      inverse(action_of(Phase::kDelete, Op::kDelete, "a", {Reason::kExtra}), std::nullopt, kOld);
  EXPECT_EQ(undo.phase, Phase::kWrite);
  EXPECT_EQ(undo.op, Op::kCreate);
}

TEST(Undo, AnUpdateIsUpdatedBackAndStillAsksTheContentWhereOnlyThatDiffered) {
  const Action undo = inverse(
      action_of(Phase::kWrite, Op::kUpdate, "a", {Reason::kContent, Reason::kMtime}), kMade, kOld);
  EXPECT_EQ(undo.op, Op::kUpdate);
  EXPECT_TRUE(undo.reasons.has(Reason::kContent));
  EXPECT_FALSE(undo.reasons.has(Reason::kMtime));
}

TEST(Undo, ANameThatJoinedAGroupLeavesItThoughNothingElseDiffers) {
  Action done = action_of(Phase::kWrite, Op::kLink, "a", {Reason::kLink});
  done.other = RelPath("b");
  const Action undo = inverse(done, kOld, kOld);
  EXPECT_EQ(undo.op, Op::kUpdate);
  EXPECT_TRUE(undo.reasons.has(Reason::kLink));
}

TEST(Undo, TypesAreReplacedBackInBothDirections) {
  const Action to_file = action_of(Phase::kWrite, Op::kReplace, "a", {Reason::kType});
  EXPECT_EQ(inverse(to_file, kMade, directory_of(0700)).phase, Phase::kMkdir);
  EXPECT_EQ(inverse(to_file, kMade, symlink_to("x")).phase, Phase::kWrite);
  const Action to_directory = action_of(Phase::kMkdir, Op::kReplace, "a", {Reason::kType});
  const Action undo = inverse(to_directory, directory_of(0755), kOld);
  EXPECT_EQ(undo.phase, Phase::kWrite);
  EXPECT_EQ(undo.op, Op::kReplace);
}

TEST(Undo, MetadataStaysMetadata) {
  const Action undo = inverse(
      action_of(Phase::kWrite, Op::kMetadata, "a", {Reason::kMtime, Reason::kXattrs}), kMade, kOld);
  EXPECT_EQ(undo.op, Op::kMetadata);
  EXPECT_TRUE(undo.reasons.has(Reason::kXattrs));
}

TEST(Undo, ADirectoryGetsItsTimeBackThatIsNeverExpectedOfIt) {
  Facts old = directory_of(0700);
  old.mtime = FileTime{7, 7};
  Facts now = directory_of(0755);
  now.mtime = FileTime{9, 9};
  const Action undo = directory_as_it_was(RelPath("d"), now, old, false);
  EXPECT_EQ(broken_rule(undo), nullptr);
  EXPECT_EQ(undo.before, directory_of(0755));
  EXPECT_EQ(undo.after, old);
}

TEST(Undo, ALinkIsExpectedToBeWhatTheOtherNameBecomes) {
  Action restore =
      inverse_of(action_of(Phase::kDelete, Op::kDelete, "b", {Reason::kExtra}), std::nullopt, kOld);
  const Action leader =
      inverse_of(action_of(Phase::kWrite, Op::kUpdate, "a", {Reason::kSize}), kOld, kMade);
  restore_as_link(restore, RelPath("a"), &leader);
  EXPECT_EQ(broken_rule(restore), nullptr);
  EXPECT_EQ(restore.op, Op::kLink);
  EXPECT_EQ(restore.after, kMade);
}

TEST(Undo, WhatLiesBelowADirectoryThatBecomesAFileGoesFirst) {
  std::vector<Action> actions{
      inverse_of(action_of(Phase::kWrite, Op::kCreate, "d/f", {Reason::kMissing}), kMade,
                 std::nullopt),
      inverse_of(action_of(Phase::kMkdir, Op::kReplace, "d", {Reason::kType}), directory_of(0755),
                 kOld)};
  ASSERT_TRUE(arrange_undo(actions, {}, [] { return success(); }));
  EXPECT_EQ(actions[0].path, RelPath("d/f"));
  EXPECT_EQ(actions[0].phase, Phase::kClear);
  EXPECT_EQ(actions[1].path, RelPath("d"));
}

}  // namespace
}  // namespace foldersync
