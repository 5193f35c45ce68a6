#include "apply/window.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace foldersync {
namespace {

Action create(const std::string& path, std::uint64_t size) {
  Action action;
  action.op = Op::kCreate;
  action.path = RelPath(path);
  action.after = Facts{};
  action.after->size = size;
  return action;
}

Action of(Phase phase, Op op, const std::string& path) {
  Action action;
  action.phase = phase;
  action.op = op;
  action.path = RelPath::from_bytes(path);
  action.before = Facts{};
  return action;
}

TEST(Window, HoldsAWholeSmallPlan) {
  const std::vector<Action> actions{create("a", 1), create("b", 2)};
  const WindowRange range = window_at(actions, 0);
  EXPECT_EQ(range.begin, 0U);
  EXPECT_EQ(range.end, 2U);
}

TEST(Window, EndsOnceItsBytesAreReachedAndHoldsAtLeastOneAction) {
  const std::vector<Action> actions{create("a", WindowLimits().bytes * 4),
                                    create("b", WindowLimits().bytes - 1), create("c", 1),
                                    create("d", 1)};
  EXPECT_EQ(window_at(actions, 0).end, 1U);
  EXPECT_EQ(window_at(actions, 1).end, 3U);
  EXPECT_EQ(window_at(actions, 3).end, 4U);
}

TEST(Window, IsBoundedByActions) {
  const std::vector<Action> actions(WindowLimits().actions + 1, create("a", 0));
  EXPECT_EQ(window_at(actions, 0).end, WindowLimits().actions);
  EXPECT_EQ(window_at(actions, WindowLimits().actions).end, WindowLimits().actions + 1);
}

TEST(Window, CountsNoBytesOfWhatIsNotStaged) {
  std::vector<Action> actions(3, of(Phase::kDelete, Op::kDelete, "a"));
  for (Action& action : actions) action.before->size = WindowLimits().bytes;
  EXPECT_EQ(window_at(actions, 0).end, 3U);
}

TEST(Staged, IsWhatIsMadeAnewAndNothingElse) {
  EXPECT_TRUE(is_staged(create("a", 0)));
  EXPECT_TRUE(is_staged(of(Phase::kMkdir, Op::kCreate, "a")));
  EXPECT_TRUE(is_staged(of(Phase::kMkdir, Op::kReplace, "a")));
  EXPECT_TRUE(is_staged(of(Phase::kWrite, Op::kUpdate, "a")));
  EXPECT_FALSE(is_staged(of(Phase::kMkdir, Op::kCreate, ""))) << "the caller makes the root";
  EXPECT_FALSE(is_staged(of(Phase::kWrite, Op::kMetadata, "a")));
  EXPECT_FALSE(is_staged(of(Phase::kWrite, Op::kLink, "a")));
  EXPECT_FALSE(is_staged(of(Phase::kFinish, Op::kMetadata, "a")));
  for (const Phase phase : {Phase::kClear, Phase::kDelete, Phase::kRmdir}) {
    EXPECT_FALSE(is_staged(of(phase, Op::kDelete, "a")));
  }
}

}  // namespace
}  // namespace foldersync
