#include "cli/planning/plan_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "cli/planning/last_run_check.h"
#include "cli/values/folders.h"
#include "unit/cli/pair_of_folders.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

TEST(PlanId, IsAVersionSevenUuidInTheOrderOfTime) {
  const std::string first = make_plan_id({1'700'000'000, 123'000'000});
  EXPECT_EQ(first.size(), 36U);
  EXPECT_THAT(first, MatchesRegex("[0-9a-f-]+"));
  EXPECT_EQ(first.substr(0, 13), "018bcfe5-687b");
  EXPECT_EQ(first[14], '7');
  EXPECT_THAT(std::string("89ab"), HasSubstr(first.substr(19, 1)));
  EXPECT_LT(first, make_plan_id({1'700'000'000, 124'000'000}));
  EXPECT_NE(first, make_plan_id({1'700'000'000, 123'000'000}));
}

class PlanMakerTest : public PairOfFolders {
 protected:
  KeptState state_{fs_, scratch_ / "state"};
  PlanningOptions options_;
  const std::atomic<bool> stop_{false};

  StoredPlan plan(const std::vector<std::string>& left_out = {}) {
    auto maker = PlanMaker::make(fs_, state_, options_, {.usual = 1, .most = 1});
    return std::move(maker->plan(roots(), left_out, EqualContent::kNamed, stop_)->plan);
  }
};

TEST(ThreadCounts, AreTheMostAtOnceWhereOneSideIsFar) {
  const ThreadCounts counts{.usual = 2, .most = 16};
  Root near;
  near.sharing = Sharing::kLocal;
  Root far;
  far.sharing = Sharing::kShared;
  EXPECT_EQ(thread_counts(counts, near, nullptr).usual, 2U);
  EXPECT_EQ(thread_counts(counts, near, &near).usual, 2U);
  EXPECT_EQ(thread_counts(counts, near, &far).usual, 16U);
  EXPECT_EQ(thread_counts(counts, far, &near).usual, 16U);
  EXPECT_EQ(thread_counts({.usual = 1, .most = 1}, far, &far).usual, 1U) << "as it was told";
}

TEST_F(PlanMakerTest, RulesThatCannotBeCompiledAreWrongUsage) {
  options_.plan.rules = {std::string("a\0b", 3)};
  const auto maker = PlanMaker::make(fs_, state_, options_, {.usual = 1, .most = 1});
  ASSERT_FALSE(maker.ok());
  EXPECT_EQ(maker.error().code, ErrorCode::kUsage);
}

TEST_F(PlanMakerTest, APlanSaysWhatIsLeftOut) {
  EXPECT_THAT(plan({"state", "sub/log.txt"}).options.left_out, ElementsAre("state", "sub/log.txt"));
}

TEST_F(PlanMakerTest, EachPlanHasAnIdOfItsOwn) {
  std::set<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.insert(plan().plan_id);
  EXPECT_EQ(ids.size(), 3U);
}

TEST_F(PlanMakerTest, AStateThatCannotBeUsedIsAWarningAndNoObstacle) {
  write_file(scratch_ / "state", "no folder");
  state_.open();
  EXPECT_THAT(state_.take_warnings(), ElementsAre(HasSubstr("--state")));
  EXPECT_TRUE(LastRunCheck(state_, options_, stop_).compare(roots()).ok());
  EXPECT_NE(plan().plan_id, "");
}

TEST_F(PlanMakerTest, AMemoryThatIsGoneIsToldAndBegunAnewByTheNextCycle) {
  LastRunCheck last_run(state_, options_, stop_);
  state_.open();
  std::filesystem::remove(scratch_ / "state/memory.db");
  last_run.remember(roots(), {}, true);
  state_.save(*roots().replica, {});
  EXPECT_THAT(state_.take_warnings(), ElementsAre(HasSubstr("is not remembered")));
  state_.open();
  last_run.remember(roots(), {}, true);
  state_.save(*roots().replica, {});
  EXPECT_THAT(state_.take_warnings(), testing::IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "state/memory.db"));
}

}  // namespace
}  // namespace foldersync
