#include "plan/room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/memory_spool.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using ::testing::ElementsAre;

Action remove(const char* path, std::uint64_t size = 1, std::int64_t time = 1) {
  Action action = test::action_of(Phase::kDelete, Op::kDelete, path, {Reason::kExtra});
  action.before = test::file_of(size, time);
  return action;
}

Action remove_directory(const char* path) {
  Action action = test::action_of(Phase::kRmdir, Op::kDelete, path, {Reason::kExtra});
  action.before = test::directory_of(0755);
  return action;
}

Action write(Op op, const char* path, std::uint64_t size, std::int64_t time,
             std::optional<RelPath> other = std::nullopt) {
  Action action = test::action_of(Phase::kWrite, op, path, {Reason::kMissing});
  action.other = std::move(other);
  action.after = test::file_of(size, time);
  return action;
}

Action finish(const char* path) {
  Action finish = test::action_of(Phase::kFinish, Op::kMetadata, path, {Reason::kChildren});
  finish.before = finish.after = test::directory_of(0755);
  return finish;
}

ActionStore store_of(const std::vector<Action>& actions, const Spooling& spooling = {}) {
  ActionStore store(spooling);
  for (const Action& one : actions) EXPECT_TRUE(store.append(one));
  return store;
}

std::vector<std::string> told(const ActionStore& actions) {
  std::vector<std::string> lines;
  EXPECT_TRUE(for_each_action(actions, [&](const Action& one, std::uint64_t) {
    lines.push_back(std::string(to_string(one.phase)) + " " + one.path.shown());
  }));
  return lines;
}

// What stands in the plan then, which may stand there so.
std::vector<std::string> first(const std::vector<Action>& actions, const Spooling& spooling = {},
                               const TimeLimits& times = {}) {
  const auto room = delete_first(store_of(actions, spooling), times, spooling);
  EXPECT_TRUE(*may_go_first(room->actions, times));
  return told(room->actions);
}

TEST(DeleteFirst, DeletionsStandBeforeWhatIsWrittenContentsBeforeTheirDirectory) {
  const std::vector<Action> actions{write(Op::kCreate, "new", 5, 5), remove("d/a"), remove("z"),
                                    remove_directory("d"), finish(".")};
  const auto expected = ElementsAre("clear z", "clear d/a", "clear d", "write new", "finish .");
  EXPECT_THAT(first(actions), expected);
  EXPECT_EQ(delete_first(store_of(actions), {}, {})->first, 3U);
  test::Spools spools;
  Spooling spooling = spools.spooling();
  spooling.run_actions = 2;
  EXPECT_THAT(first(actions, spooling), expected);
}

TEST(DeleteFirst, WhatHasSizeAndTimeOfSomethingThatIsWrittenStaysBehindItAndSoDoesItsDirectory) {
  EXPECT_THAT(
      first({write(Op::kCreate, "new", 5, 5), write(Op::kUpdate, "old", 6, 6), remove("d/a", 5, 5),
             remove("d/b", 5, 6), remove("e", 6, 6), remove_directory("d")}),
      ElementsAre("clear d/b", "write new", "write old", "delete d/a", "delete e", "rmdir d"));
}

TEST(DeleteFirst, TimesAreComparedAsTheReplicaHoldsThem) {
  TimeLimits seconds;
  seconds.granularity = 1'000'000'000;
  Action written = write(Op::kCreate, "new", 5, 5);
  Action gone = remove("a", 5, 5);
  written.after->mtime = FileTime{9, 123};
  gone.before->mtime = FileTime{9, 0};
  EXPECT_THAT(first({written, gone}, {}, seconds), ElementsAre("write new", "delete a"));
  EXPECT_THAT(first({written, gone}), ElementsAre("clear a", "write new"));
  written.after->mtime.reset();
  EXPECT_THAT(first({written, gone}), ElementsAre("write new", "delete a")) << "any time";
}

TEST(DeleteFirst, AnEmptyFileIsTheOnlyCopyOfNothing) {
  EXPECT_THAT(first({write(Op::kCreate, "new", 0, 5), remove("a", 0, 5)}),
              ElementsAre("clear a", "write new"));
}

TEST(DeleteFirst, WhatIsTakenOverOrMovedStaysAndSoDoesTheDirectoryItComesFrom) {
  EXPECT_THAT(
      first({write(Op::kMove, "m", 5, 5, RelPath("d/m")),
             write(Op::kCreate, "t", 6, 6, RelPath("e/t")), remove("d/a"), remove("e/t", 7, 7),
             remove_directory("f"), remove_directory("e"), remove_directory("d")}),
      ElementsAre("clear f", "clear d/a", "write m", "write t", "delete e/t", "rmdir e",
                  "rmdir d"));
}

TEST(DeleteFirst, WhatIsClearedInAnyCaseIsNotCounted) {
  Action clear = remove("d/a", 5, 5);
  clear.phase = Phase::kClear;
  Action replace = write(Op::kReplace, "d", 5, 5);
  replace.before = test::directory_of(0755);
  const std::vector<Action> actions{clear, replace, remove("e", 5, 5)};
  EXPECT_THAT(first(actions), ElementsAre("clear d/a", "write d", "delete e"));
  EXPECT_EQ(delete_first(store_of(actions), {}, {})->first, 0U);
}

bool may(std::vector<Action> actions) {
  for (Action& action : actions) {
    if (action.op == Op::kDelete && action.path.shown()[0] != 'l') action.phase = Phase::kClear;
  }
  return *may_go_first(store_of(actions), {});
}

TEST(MayGoFirst, ForbidsWhatIsNeeded) {
  EXPECT_TRUE(may({remove("a"), write(Op::kCreate, "new", 5, 5)}));
  EXPECT_FALSE(may({remove("a", 5, 5), write(Op::kCreate, "new", 5, 5)}));
  EXPECT_FALSE(may({remove("a"), write(Op::kCreate, "new", 5, 5, RelPath("a"))}));
  EXPECT_FALSE(may({remove("a"), write(Op::kMove, "new", 5, 5, RelPath("a"))}));
  EXPECT_FALSE(may({remove("a"), write(Op::kLink, "new", 5, 5, RelPath("a"))}));
  EXPECT_FALSE(may({remove_directory("a"), write(Op::kMove, "new", 5, 5, RelPath("a/b"))}));
}

TEST(MayGoFirst, ForbidsADirectoryBeforeWhatItHolds) {
  Action directory = remove_directory("later");
  directory.phase = Phase::kClear;
  EXPECT_FALSE(may({directory, write(Op::kCreate, "new", 5, 5), remove("later/a")}));
}

}  // namespace
}  // namespace foldersync
