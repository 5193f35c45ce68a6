#include "plan/undo_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plan/order.h"
#include "plan/undo.h"

namespace foldersync {
namespace {

using testing::ElementsAre;

Facts of(FileType type) {
  Facts facts;
  facts.type = type;
  if (type == FileType::kFile) facts.size = 1;
  return facts;
}
const Facts kFile = of(FileType::kFile);
const Facts kFolder = of(FileType::kDirectory);

Action undo(Op op, const char* path, std::optional<Facts> before, std::optional<Facts> after) {
  return action_of(op, RelPath(path), {Reason::kUndo}, std::move(before), std::move(after));
}
Action moved(const char* path, const char* from, const Facts& what) {
  Action action = undo(Op::kMove, path, what, what);
  action.other = RelPath(from);
  return action;
}
Action finish(const char* path) {
  return finish_of(path == std::string(".") ? RelPath() : RelPath(path), {Reason::kUndo}, kFolder,
                   kFolder);
}

// "create d/a" of all that a part which is about `path` has.
std::vector<std::string> part(std::vector<Action> actions, const char* path) {
  Plan plan;
  plan.kind = PlanKind::kUndo;
  EXPECT_TRUE(arrange_undo(actions, plan.options, success).ok());
  plan.actions = std::move(actions);
  const RelPath wanted{std::string(path)};
  const auto some =
      part_of_undo(plan, [&](const RelPath& asked, bool) { return asked.is_within(wanted); });
  EXPECT_TRUE(some.ok());
  std::vector<std::string> lines;
  for (const Action& action : some->actions) {
    lines.push_back((is_finish(action) ? "finish" : to_string(action.op)) + std::string(" ") +
                    action.path.shown());
  }
  return lines;
}

TEST(UndoPart, HasWhatIsWantedAndTheTimesOfItsFolder) {
  EXPECT_THAT(part({undo(Op::kCreate, "d/a", {}, kFile), undo(Op::kCreate, "d/b", {}, kFile),
                    finish("d"), finish(".")},
                   "d/a"),
              ElementsAre("create d/a", "finish d"));
}

TEST(UndoPart, HasTheFoldersThatItLiesIn) {
  EXPECT_THAT(
      part({undo(Op::kReplace, "d", kFile, kFolder), undo(Op::kCreate, "d/e", {}, kFolder),
            undo(Op::kCreate, "d/e/a", {}, kFile), undo(Op::kCreate, "d/b", {}, kFile), finish("d"),
            finish("d/e"), finish(".")},
           "d/e/a"),
      ElementsAre("replace d", "create d/e", "create d/e/a", "finish d/e", "finish d", "finish ."));
}

TEST(UndoPart, EmptiesAFolderThatGivesWay) {
  EXPECT_THAT(part({undo(Op::kReplace, "d", kFolder, kFile), undo(Op::kDelete, "d/a", kFile, {}),
                    moved("x", "d/b", kFile), finish(".")},
                   "d"),
              ElementsAre("delete d/a", "replace d", "move x", "finish ."));
}

TEST(UndoPart, MovesAwayWhatIsInThePlace) {
  EXPECT_THAT(part({moved("a", "b", kFile), moved("b", "a", kFile), moved("x", "y", kFile)}, "a"),
              ElementsAre("move a", "move b"));
}

TEST(UndoPart, IsFoundByTheNameThatItHasNow) {
  EXPECT_THAT(part({moved("a", "b", kFile), moved("x", "y", kFile)}, "b"), ElementsAre("move a"));
}

TEST(UndoPart, HasTheFileThatANameIsGivenOf) {
  Action link = undo(Op::kLink, "a", {}, kFile);
  link.other = RelPath("z");
  EXPECT_THAT(part({link, undo(Op::kCreate, "z", {}, kFile)}, "a"),
              ElementsAre("link a", "create z"));
}

TEST(UndoPart, CountsWhatIsLeft) {
  Plan plan;
  plan.actions = {undo(Op::kCreate, "a", {}, kFile), undo(Op::kCreate, "b", {}, kFile)};
  const auto some =
      part_of_undo(plan, [](const RelPath& path, bool) { return path == RelPath("a"); });
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->summary.create, 1U);
  EXPECT_EQ(some->summary.bytes_to_write, 1U);
}

}  // namespace
}  // namespace foldersync
