#include "apply/stage/schedule.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace foldersync {
namespace {

Action at(Phase phase, const std::string& path) {
  Action action;
  action.phase = phase;
  action.path = RelPath::from_bytes(path);
  return action;
}

ActionStore store_of(const std::vector<Action>& actions) {
  ActionStore store;
  for (const Action& action : actions) EXPECT_TRUE(store.append(action));
  return store;
}

struct Order {
  std::vector<std::string> paths;
  std::vector<std::uint64_t> seqs;
};

Order read_from(const ActionStore& store, const Schedule& schedule, SchedulePosition from) {
  Order order;
  ScheduleReader reader(store, schedule, from);
  std::uint64_t left = reader.left();
  for (; !reader.at_end(); --left) {
    EXPECT_EQ(reader.left(), left);
    const auto action = reader.next();
    EXPECT_TRUE(action);
    order.paths.push_back((*action)->path.shown());
    order.seqs.push_back(reader.seq());
  }
  EXPECT_EQ(left, 0U);
  return order;
}

const std::vector<Action>& of_all_phases() {
  static const std::vector<Action> actions{
      at(Phase::kClear, "z/b"), at(Phase::kClear, "z/a"),    at(Phase::kMkdir, "a"),
      at(Phase::kMkdir, "a/b"), at(Phase::kMkdir, "c"),      at(Phase::kWrite, "a/a"),
      at(Phase::kWrite, "a/c"), at(Phase::kWrite, "a-"),     at(Phase::kWrite, "z"),
      at(Phase::kDelete, "k"),  at(Phase::kDelete, "l/b/a"), at(Phase::kDelete, "l/b-"),
      at(Phase::kDelete, "m"),  at(Phase::kRmdir, "l/b"),    at(Phase::kRmdir, "l"),
      at(Phase::kFinish, "c"),  at(Phase::kFinish, "a"),     at(Phase::kFinish, "")};
  return actions;
}

TEST(Schedule, PutsDirectoriesBeforeWhatTheyGetAndAfterWhatTheyLoseAndKeepsEverythingElse) {
  const ActionStore store = store_of(of_all_phases());
  const auto schedule = Schedule::of(store);
  ASSERT_TRUE(schedule);
  const Order order = read_from(store, *schedule, schedule->start());
  EXPECT_EQ(order.paths,
            (std::vector<std::string>{"z/b", "z/a", "a", "a/a", "a/b", "a/c", "a-", "c", "z", "m",
                                      "l/b-", "l/b/a", "l/b", "l", "k", "c", "a", "."}));
  EXPECT_EQ(order.seqs, (std::vector<std::uint64_t>{1, 2, 3, 6, 4, 7, 8, 5, 9, 13, 12, 11, 14, 15,
                                                    10, 16, 17, 18}));
}

TEST(Schedule, GoesOnFromAnyPlace) {
  const ActionStore store = store_of(of_all_phases());
  const auto schedule = Schedule::of(store);
  ASSERT_TRUE(schedule);
  const Order whole = read_from(store, *schedule, schedule->start());
  SchedulePosition progress = schedule->start();
  for (std::size_t done = 0; done <= whole.seqs.size(); ++done) {
    const auto from = whole.seqs.begin() + static_cast<std::ptrdiff_t>(done);
    EXPECT_EQ(read_from(store, *schedule, progress).seqs,
              std::vector<std::uint64_t>(from, whole.seqs.end()));
    if (done < whole.seqs.size()) progress = schedule->past(progress, {&whole.seqs[done], 1});
  }
  EXPECT_EQ(progress, schedule->end());
}

TEST(Schedule, WithoutOnePhaseOrAnyIsTheOthers) {
  for (const Phase left_out : kPhases) {
    std::vector<Action> actions;
    for (const Action& action : of_all_phases()) {
      if (action.phase != left_out) actions.push_back(action);
    }
    const ActionStore store = store_of(actions);
    const auto schedule = Schedule::of(store);
    ASSERT_TRUE(schedule);
    EXPECT_EQ(read_from(store, *schedule, schedule->start()).paths.size(), actions.size());
  }
  const ActionStore empty;
  const auto schedule = Schedule::of(empty);
  ASSERT_TRUE(schedule);
  EXPECT_EQ(schedule->start(), schedule->end());
}

}  // namespace
}  // namespace foldersync
