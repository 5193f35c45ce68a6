#include "plan/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "support/sample_plan.h"

namespace foldersync {
namespace {

using ::testing::ElementsAre;

Action at(Phase phase, std::string path) {
  return test::action_of(phase, Op::kCreate, std::move(path), {Reason::kMissing});
}

std::vector<std::string> paths_in_order(Phase phase, const std::vector<std::string>& paths) {
  std::vector<Action> actions;
  for (const std::string& path : paths) actions.push_back(at(phase, path));
  put_in_order(actions);
  std::vector<std::string> result;
  for (const Action& action : actions) result.push_back(action.path.shown());
  return result;
}

TEST(Order, PutsADirectoryBeforeItsContentsAndThoseBeforeItsSiblings) {
  for (const Phase phase : {Phase::kMkdir, Phase::kWrite, Phase::kDelete}) {
    EXPECT_THAT(paths_in_order(phase, {"a-b", "a/z", "b", "a", "."}),
                ElementsAre(".", "a", "a/z", "a-b", "b"));
  }
}

TEST(Order, PutsContentsBeforeTheirDirectoryWhereDirectoriesGoOrAreFinished) {
  for (const Phase phase : {Phase::kClear, Phase::kRmdir, Phase::kFinish}) {
    EXPECT_THAT(paths_in_order(phase, {"a-b", "a/z", "b", "a", "."}),
                ElementsAre("b", "a-b", "a/z", "a", "."));
  }
}

TEST(Order, PutsAllOfAPhaseBeforeTheNextPhase) {
  std::vector<Action> actions;
  for (const Phase phase : {Phase::kFinish, Phase::kDelete, Phase::kMkdir, Phase::kRmdir,
                            Phase::kWrite, Phase::kClear}) {
    actions.push_back(at(phase, phase < Phase::kDelete ? "z" : "a"));
  }
  put_in_order(actions);
  std::vector<Phase> phases;
  for (const Action& action : actions) phases.push_back(action.phase);
  EXPECT_THAT(phases, ElementsAre(Phase::kClear, Phase::kMkdir, Phase::kWrite, Phase::kDelete,
                                  Phase::kRmdir, Phase::kFinish));
}

TEST(Order, StandsNeitherBeforeItselfNorBothWaysRound) {
  const std::vector<Action> actions = test::PlanMaker(5).make(200).actions;
  for (std::size_t a = 0; a < actions.size(); ++a) {
    for (std::size_t b = 0; b < actions.size(); ++b) {
      EXPECT_EQ(stands_before(actions[a], actions[b]), a < b);
    }
  }
}

TEST(Order, DoesNotDependOnTheOrderInWhichActionsWereFound) {
  const std::vector<Action> ordered = test::PlanMaker(6).make(200).actions;
  std::vector<Action> shuffled = ordered;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(7));
  ASSERT_NE(shuffled, ordered);
  put_in_order(shuffled);
  EXPECT_EQ(shuffled, ordered);
}

}  // namespace
}  // namespace foldersync
