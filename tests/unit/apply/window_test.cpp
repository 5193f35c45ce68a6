#include "apply/stage/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
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

// Where the window ends that starts at `begin`.
std::size_t end_of_window(const std::vector<Action>& actions, std::size_t begin) {
  ActionStore store;
  for (const Action& action : actions) EXPECT_TRUE(store.append(action));
  const auto schedule = Schedule::of(store);
  EXPECT_TRUE(schedule);
  std::vector<std::uint64_t> before(begin);
  std::iota(before.begin(), before.end(), std::uint64_t{1});
  ScheduleReader reader(store, *schedule, schedule->past(schedule->start(), before));
  const auto window = read_window(reader, WindowLimits());
  EXPECT_TRUE(window);
  EXPECT_TRUE(std::equal(window->begin(), window->end(),
                         actions.begin() + static_cast<std::ptrdiff_t>(begin),
                         [](const Slot& slot, const Action& as) { return slot.action == as; }));
  return begin + window->size();
}

TEST(Window, HoldsAWholeSmallPlan) {
  const std::vector<Action> actions{create("a", 1), create("b", 2)};
  EXPECT_EQ(end_of_window(actions, 0), 2U);
}

TEST(Window, EndsOnceItsBytesAreReachedAndHoldsAtLeastOneAction) {
  const std::vector<Action> actions{create("a", WindowLimits().bytes * 4),
                                    create("b", WindowLimits().bytes - 1), create("c", 1),
                                    create("d", 1)};
  EXPECT_EQ(end_of_window(actions, 0), 1U);
  EXPECT_EQ(end_of_window(actions, 1), 3U);
  EXPECT_EQ(end_of_window(actions, 3), 4U);
}

TEST(Window, IsBoundedByActions) {
  const std::vector<Action> actions(WindowLimits().actions + 1, create("a", 0));
  EXPECT_EQ(end_of_window(actions, 0), WindowLimits().actions);
  EXPECT_EQ(end_of_window(actions, WindowLimits().actions), WindowLimits().actions + 1);
}

TEST(Window, CountsNoBytesOfWhatIsNotStaged) {
  std::vector<Action> actions(3, of(Phase::kDelete, Op::kDelete, "a"));
  for (Action& action : actions) action.before->size = WindowLimits().bytes;
  EXPECT_EQ(end_of_window(actions, 0), 3U);
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
