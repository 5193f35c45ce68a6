#include "plan/move_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/sample_plan.h"

namespace foldersync {
namespace {

using test::action_of;
using test::directory_of;
using test::file_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two files that may be one, a directory that comes, and others that have no like.
Arranged sample() {
  Arranged plan;
  const auto put = [&](Phase phase, Op op, const char* path, Facts facts) {
    Action action =
        action_of(phase, op, path, {op == Op::kCreate ? Reason::kMissing : Reason::kExtra});
    (op == Op::kCreate ? action.after : action.before) = std::move(facts);
    EXPECT_TRUE(add(action, plan));
  };
  put(Phase::kMkdir, Op::kCreate, "d", directory_of(0755));
  put(Phase::kWrite, Op::kCreate, "d/new", file_of(5, 100));
  put(Phase::kWrite, Op::kCreate, "empty", file_of(0, 100));
  put(Phase::kWrite, Op::kCreate, "other", file_of(6, 100));
  put(Phase::kDelete, Op::kDelete, "gone", file_of(5, 101));
  put(Phase::kDelete, Op::kDelete, "old", file_of(5, 100));
  return plan;
}

std::vector<std::string> paths(const Result<LoadedActions>& loaded) {
  std::vector<std::string> all;
  for (const Action& action : loaded->actions) all.push_back(action.path.shown());
  return all;
}

TEST(MoveStore, ASmallPlanIsLoadedWholly) {
  const auto loaded = load_candidates(sample(), Policy{}, 6);
  EXPECT_THAT(paths(loaded), ElementsAre("d", "d/new", "empty", "other", "gone", "old"));
  EXPECT_THAT(loaded->places, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(MoveStore, OfALargeOneOnlyFilesThatHaveALike) {
  const auto loaded = load_candidates(sample(), Policy{}, 5);
  EXPECT_THAT(paths(loaded), ElementsAre("d/new", "old"));
  EXPECT_THAT(loaded->places, ElementsAre(1, 5));
}

TEST(MoveStore, ADirectoryThatTakesThePlaceOfSomethingElseIsAlwaysThere) {
  Arranged plan = sample();
  ASSERT_TRUE(add(action_of(Phase::kMkdir, Op::kReplace, "x", {Reason::kType}), plan));
  for (const std::size_t most : {7U, 5U}) {
    EXPECT_THAT(paths(load_candidates(plan, Policy{}, most)), ::testing::Contains("x"));
  }
}

TEST(MoveStore, NothingWhereTooManyHaveALike) {
  EXPECT_THAT(paths(load_candidates(sample(), Policy{}, 1)), IsEmpty());
}

TEST(MoveStore, NothingWhereNothingIsDeleted) {
  Arranged plan = sample();
  plan.summary.remove = 0;
  EXPECT_THAT(paths(load_candidates(plan, Policy{}, 6)), IsEmpty());
}

// Two files that change places, one with a new time, and one that gets another size.
Arranged swap() {
  Arranged plan;
  const auto put = [&](const char* path, Facts before, Facts after) {
    Action action = action_of(Phase::kWrite, Op::kUpdate, path, {Reason::kSize});
    action.before = std::move(before);
    action.after = std::move(after);
    EXPECT_TRUE(add(action, plan));
  };
  put("a", file_of(5, 100), file_of(6, 100));
  put("b", file_of(6, 100), file_of(5, 100));
  put("c", file_of(7, 100), file_of(7, 101));
  put("d", file_of(8, 100), file_of(9, 100));
  return plan;
}

TEST(MoveStore, OfFilesThatAreRewrittenOnlyThoseThatHaveALike) {
  const auto loaded = load_candidates(swap(), Policy{}, 4);
  EXPECT_THAT(paths(loaded), ElementsAre("a", "b"));
  EXPECT_THAT(loaded->places, ElementsAre(0, 1));
}

TEST(MoveStore, NoneThatAreRewrittenWhereTooManyHaveALike) {
  EXPECT_THAT(paths(load_candidates(swap(), Policy{}, 1)), IsEmpty());
  Arranged plan = sample();
  for (const char* path : {"e", "f", "g"}) {
    Action action = action_of(Phase::kWrite, Op::kUpdate, path, {Reason::kSize});
    action.before = file_of(4, 1);
    action.after = file_of(6, 100);
    ASSERT_TRUE(add(action, plan));
  }
  EXPECT_THAT(paths(load_candidates(plan, Policy{}, 6)), testing::SizeIs(6));
  EXPECT_THAT(paths(load_candidates(plan, Policy{}, 2)), ElementsAre("d/new", "old"));
}

TEST(MoveStore, WhatWasChangedIsPutBackWhereItStoodAndCountedAnew) {
  Arranged plan = sample();
  auto loaded = load_candidates(plan, Policy{}, 5);
  Action& move = loaded->actions.front();
  move.op = Op::kMove;
  move.other = RelPath("old");
  move.before = move.after;
  ASSERT_TRUE(put_back(plan, *loaded, {false, true}, {}));
  std::vector<std::string> told;
  ASSERT_TRUE(for_each_action(plan.actions, [&](const Action& action, std::uint64_t) {
    told.push_back(std::string(to_string(action.op)) + " " + action.path.shown());
  }));
  EXPECT_THAT(told,
              ElementsAre("create d", "move d/new", "create empty", "create other", "delete gone"));
  EXPECT_EQ(plan.summary.move, 1U);
  EXPECT_EQ(plan.summary.bytes_to_write, 6U);
  EXPECT_EQ(plan.counts.deleted, 1U);
}

}  // namespace
}  // namespace foldersync
