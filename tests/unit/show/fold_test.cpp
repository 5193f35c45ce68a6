#include "show/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plan/order.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using testing::ElementsAre;

Action make(Phase phase, Op op, const std::string& path) {
  return test::action_of(phase, op, path, {Reason::kExtra});
}

Action gone(const std::string& path, std::uint64_t size) {
  Action action = make(Phase::kDelete, Op::kDelete, path);
  action.before = test::file_of(size, 1);
  return action;
}

Action gone_directory(const std::string& path) {
  Action action = make(Phase::kRmdir, Op::kDelete, path);
  action.before = test::directory_of(0755);
  return action;
}

Action made(const std::string& path, std::uint64_t size) {
  Action action = make(Phase::kWrite, Op::kCreate, path);
  action.after = test::file_of(size, 1);
  return action;
}

Action made_directory(const std::string& path) {
  Action action = make(Phase::kMkdir, Op::kCreate, path);
  action.after = test::directory_of(0755);
  return action;
}

Action finish(const std::string& path, Reason reason) {
  Action action = make(Phase::kFinish, Op::kMetadata, path);
  action.reasons = {reason};
  action.before = action.after = test::directory_of(0755);
  return action;
}

std::vector<std::string> lines(std::vector<Action> actions, Folds folds = Folds::kAll) {
  put_in_order(actions);
  std::vector<std::string> text;
  EXPECT_TRUE(for_each_folded(source_of(actions), folds, [&text](const Folded& folded) {
    text.push_back(folded_line(folded));
    return success();
  }));
  return text;
}

TEST(Fold, ADirectoryThatGoesIsOneLineWithAllInIt) {
  EXPECT_THAT(lines({gone("a", 1), gone_directory("old"), gone_directory("old/deep"),
                     gone("old/deep/x", 1000), gone("old/y", 48), gone("old-er", 2),
                     finish(".", Reason::kMtime)}),
              ElementsAre("delete a 1 B", "delete old/ and all in it: 4 entries, 1.0 KiB",
                          "delete old-er 2 B"));
}

TEST(Fold, ADirectoryThatStaysHasALineForEachThatGoes) {
  EXPECT_THAT(lines({gone("kept/a", 1), gone("kept/b", 1), gone_directory("kept/c")}),
              ElementsAre("delete kept/a 1 B", "delete kept/b 1 B", "delete kept/c/"));
}

TEST(Fold, WhatIsMadeIsToldAsWholeFoldersWhereAsked) {
  const std::vector<Action> actions{made_directory("new"),
                                    made("new/a", 1024),
                                    made_directory("new/d"),
                                    finish("new", Reason::kMtime),
                                    finish("new/d", Reason::kChildren),
                                    made("z", 1)};
  EXPECT_THAT(lines(actions),
              ElementsAre("create new/ and all in it: 3 entries, 1.0 KiB", "create z 1 B"));
  EXPECT_THAT(lines(actions, Folds::kDeletions),
              ElementsAre("create new/", "create new/a 1.0 KiB", "create new/d/", "create z 1 B"));
}

TEST(Fold, ACopyIntoAFolderThatIsMadeIsNotOneLine) {
  EXPECT_THAT(lines({made_directory("."), made("a", 1), made_directory("d"), made("d/b", 2)}),
              ElementsAre("create .", "create a 1 B", "create d/ and all in it: 2 entries, 2 B"));
}

TEST(Fold, WhatIsMovedStandsForItselfWhereverItComesFromOrGoes) {
  Action move = make(Phase::kWrite, Op::kMove, "new/m");
  move.other = RelPath("old/m");
  move.before = move.after = test::file_of(5, 1);
  EXPECT_THAT(lines({made_directory("new"), made("new/a", 1), move, gone_directory("old"),
                     gone("old/x", 3)}),
              ElementsAre("move new/m from old/m 5 B", "create new/ and all in it: 2 entries, 1 B",
                          "delete old/ and all in it: 2 entries, 3 B"));
}

TEST(Fold, WhatTakesADirectorysPlaceSaysWhatGoesForIt) {
  Action replace = make(Phase::kWrite, Op::kReplace, "d");
  replace.before = test::directory_of(0755);
  replace.after = test::file_of(7, 1);
  Action inner = gone_directory("d/e");
  Action leaf = gone("d/e/f", 9);
  inner.phase = leaf.phase = Phase::kClear;
  EXPECT_THAT(lines({replace, inner, leaf}),
              ElementsAre("replace d 7 B in place of a directory and all in it: 3 entries, 9 B"));
  EXPECT_THAT(lines({replace}), ElementsAre("replace d 7 B"));
}

TEST(Fold, CautionsStandAtTheEnd) {
  Action made = made_directory("open");
  made.after->mode = 0777;
  EXPECT_THAT(
      lines({made, test::action_of(Phase::kMkdir, Op::kCreate, "open/x", {})}),
      ElementsAre("create open/ and all in it: 2 entries; caution: mode 0777, everybody may "
                  "write it"));
}

TEST(Fold, EveryDeletionIsCountedOnce) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const Plan plan = test::PlanMaker(seed).make(300);
    std::uint64_t deleted = 0;
    EXPECT_TRUE(for_each_folded(source_of(plan.actions), Folds::kAll, [&](const Folded& folded) {
      if (removes_entry(folded.action)) deleted += folded.entries;
      if (!removes_entry(folded.action) && is_deletion(folded)) deleted += folded.entries - 1;
      return success();
    }));
    EXPECT_EQ(deleted, plan.summary.remove) << seed;
  }
}

}  // namespace
}  // namespace foldersync
