#include "plan/path_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "plan/order.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

std::vector<Action> gathered(const ActionSource& source) {
  std::vector<Action> actions;
  auto stream = in_path_order(source);
  EXPECT_TRUE(stream);
  if (!stream) return actions;
  EXPECT_TRUE(for_each(*stream, [&actions](const Action& action) {
    actions.push_back(action);
    return success();
  }));
  return actions;
}

TEST(PathOrder, HasEachActionOnceByPathAndThenByPhase) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const Plan plan = test::PlanMaker(seed).make(200);
    std::vector<Action> expected = plan.actions;
    std::stable_sort(expected.begin(), expected.end(),
                     [](const Action& a, const Action& b) { return a.path < b.path; });
    EXPECT_EQ(gathered(source_of(plan.actions)), expected) << seed;
    const auto kept = stored(plan);
    ASSERT_TRUE(kept);
    EXPECT_EQ(gathered(source_of(kept->actions)), expected) << seed;
  }
}

TEST(PathOrder, OfNothingIsNothing) {
  EXPECT_TRUE(gathered(source_of(std::vector<Action>())).empty());
}

TEST(PathOrder, HandsOnAnErrorOfTheSourceAtAnyRead) {
  const Plan plan = test::small_plan();
  for (int at = 0; at < 1000; ++at) {
    int reads = 0;
    ActionSource broken = source_of(plan.actions);
    broken.reader = [&]() -> ActionReader {
      return [&](std::uint64_t index) -> Result<const Action*> {
        if (reads++ == at) return system_error("read", 5);
        return &plan.actions[index];
      };
    };
    auto stream = in_path_order(broken);
    const bool worked = stream && for_each(*stream, [](const Action&) { return success(); }).ok();
    if (worked) {
      EXPECT_GT(at, static_cast<int>(plan.actions.size()));
      return;
    }
    EXPECT_EQ(reads, at + 1);
  }
  FAIL() << "an error was lost";
}

}  // namespace
}  // namespace foldersync
