#include "plan/held.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/sample_plan.h"

namespace foldersync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Action action(Phase phase, Op op, const char* path, std::optional<Facts> before) {
  Action action = test::action_of(phase, op, path, {Reason::kExtra});
  action.before = std::move(before);
  return action;
}

Action remove(const char* path, std::uint64_t size = 1, std::int64_t time = 1) {
  return action(Phase::kDelete, Op::kDelete, path, test::file_of(size, time));
}

Action remove_directory(const char* path) {
  return action(Phase::kRmdir, Op::kDelete, path, test::directory_of(0755));
}

Action finish(const char* path) {
  Action finish = action(Phase::kFinish, Op::kMetadata, path, test::directory_of(0755));
  finish.reasons = {Reason::kChildren};
  finish.after = finish.before;
  return finish;
}

Action move(const char* path, const char* from) {
  Action move = action(Phase::kWrite, Op::kMove, path, test::file_of(1, 1));
  move.other = RelPath(from);
  move.after = move.before;
  return move;
}

Action take_over(const char* path, const char* from) {
  Action create = action(Phase::kWrite, Op::kCreate, path, std::nullopt);
  create.other = RelPath(from);
  create.after = test::file_of(1, 1);
  return create;
}

Arranged plan_of(const std::vector<Action>& actions) {
  Arranged plan;
  for (const Action& one : actions) EXPECT_TRUE(add(one, plan));
  return plan;
}

std::vector<std::string> held(const std::vector<Action>& actions, bool all,
                              const std::vector<SizeAndTime>& files = {},
                              const TimeLimits& times = {}) {
  std::vector<std::string> paths;
  const auto found = find_held(plan_of(actions), all, files, times);
  for (const RelPath& path : *found) paths.push_back(path.bytes());
  return paths;
}

std::vector<std::string> told(const Arranged& plan) {
  std::vector<std::string> lines;
  EXPECT_TRUE(for_each_action(plan.actions, [&](const Action& one, std::uint64_t) {
    lines.push_back(std::string(to_string(one.op)) + " " + one.path.shown());
  }));
  return lines;
}

TEST(Held, AreAllDeletionsButThoseOfDirectoriesAndOfWhatHasAnotherNameByThen) {
  EXPECT_THAT(held({take_over("new", "taken"), remove("a"), remove("d/b", 0), remove("taken"),
                    remove_directory("d")},
                   true),
              ElementsAre("a", "d/b"));
}

TEST(Held, AreDeletionsOfTheSizeAndTimeOfAFileThatCannotBeRead) {
  const SizeAndTime wanted{7, test::file_of(7, 9).mtime.value()};
  const std::vector<Action> actions{remove("a", 7, 9), remove("b", 7, 8), remove("c", 8, 9),
                                    remove("d", 0, 9)};
  EXPECT_THAT(held(actions, false, {wanted, {0, wanted.mtime}}), ElementsAre("a"));
  EXPECT_THAT(held(actions, false), IsEmpty());
}

TEST(Held, ATimeIsComparedAsTheReplicaHoldsIt) {
  TimeLimits seconds;
  seconds.granularity = 1'000'000'000;
  const SizeAndTime finer{7, FileTime{9, 123}};
  Action whole = remove("a", 7, 0);
  whole.before->mtime = FileTime{9, 0};
  EXPECT_THAT(held({whole}, false, {finer}, seconds), ElementsAre("a"));
  EXPECT_THAT(held({whole}, false, {finer}), IsEmpty());
  whole.before->mtime.reset();
  EXPECT_THAT(held({whole}, false, {finer}), ElementsAre("a")) << "it may have any";
  whole.before->size = 8;
  EXPECT_THAT(held({whole}, false, {finer}), IsEmpty());
}

TEST(HoldsAll, IsWhereADirectoryIsUnreadableThatWasNotFromTheBeginning) {
  const std::vector<RelPath> now{RelPath("a"), RelPath("b/c")};
  EXPECT_FALSE(holds_all({}, now)) << "this is the beginning";
  EXPECT_FALSE(holds_all({{{"a", "b/c"}}, false}, now));
  EXPECT_TRUE(holds_all({{{"a"}}, false}, now));
  EXPECT_FALSE(holds_all({{{"a"}}, false}, {}));
  EXPECT_TRUE(holds_all({{{"a"}}, true}, {})) << "a later run could not read something else";
}

TEST(WithoutHeld, DirectoriesAboveStayAndSoDoTheirTimesWhereNothingElseComesOrGoes) {
  const Arranged plan = plan_of({remove("d/a"), remove("e/b"), remove("e/c"), remove_directory("d"),
                                 finish("e"), finish(".")});
  const Arranged rest = *without(plan, {RelPath("d/a"), RelPath("e/b"), RelPath("e/c")}, {});
  EXPECT_THAT(told(rest), IsEmpty());
  EXPECT_EQ(rest.counts.deleted, 0U);
  const Arranged some = *without(plan, {RelPath("e/b")}, {});
  EXPECT_THAT(told(some),
              ElementsAre("delete d/a", "delete e/c", "delete d", "metadata e", "metadata ."));
}

TEST(WithoutHeld, AMoveStillDatesTheDirectoryThatItLeaves) {
  const Arranged plan =
      plan_of({move("new/a", "old/a"), remove("old/b"), finish("old"), finish("new"), finish(".")});
  EXPECT_THAT(told(*without(plan, {RelPath("old/b")}, {})),
              ElementsAre("move new/a", "metadata old", "metadata new", "metadata ."));
}

TEST(WithoutHeld, ADirectoryThatHoldsItBecomesNothingElse) {
  Action replace = action(Phase::kWrite, Op::kReplace, "d", test::directory_of(0755));
  replace.after = test::file_of(1, 1);
  Action clear = remove("d/a");
  clear.phase = Phase::kClear;
  const Arranged rest = *without(plan_of({clear, replace, finish(".")}), {RelPath("d/a")}, {});
  EXPECT_THAT(told(rest), IsEmpty());
  EXPECT_THAT(rest.blocked, ElementsAre(RelPath("d")));
}

}  // namespace
}  // namespace foldersync
