#include "plan/prune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "unit/plan/sample_plan.h"

namespace foldersync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::optional<Facts> facts(FileType type) {
  Facts result;
  result.type = type;
  return result;
}

Action remove(std::string path, FileType type = FileType::kFile) {
  const Phase phase = type == FileType::kDirectory ? Phase::kRmdir : Phase::kDelete;
  Action action = test::action_of(phase, Op::kDelete, std::move(path), {Reason::kExtra});
  action.before = facts(type);
  return action;
}

Action create(std::string path, FileType type = FileType::kFile) {
  const Phase phase = type == FileType::kDirectory ? Phase::kMkdir : Phase::kWrite;
  Action action = test::action_of(phase, Op::kCreate, std::move(path), {Reason::kMissing});
  action.after = facts(type);
  return action;
}

Action replace_directory(std::string path, FileType by = FileType::kFile) {
  Action action = test::action_of(Phase::kWrite, Op::kReplace, std::move(path), {Reason::kType});
  action.before = facts(FileType::kDirectory);
  action.after = facts(by);
  return action;
}

Action metadata(std::string path) {
  Action action = test::action_of(Phase::kWrite, Op::kMetadata, std::move(path), {Reason::kMtime});
  action.before = action.after = facts(FileType::kFile);
  return action;
}

Action finish(std::string path, ReasonSet reasons = {Reason::kChildren}) {
  Action action = test::action_of(Phase::kFinish, Op::kMetadata, std::move(path), reasons);
  action.before = action.after = facts(FileType::kDirectory);
  return action;
}

std::vector<std::string> told(const std::vector<Action>& actions) {
  std::vector<std::string> result;
  for (const Action& action : actions) {
    result.push_back(action.phase == Phase::kFinish
                         ? "finish " + action.path.shown()
                         : std::string(to_string(action.op)) + " " + action.path.shown());
  }
  return result;
}

TEST(Prune, LeavesAPlanAloneInWhichNothingIsKept) {
  std::vector<Action> actions{create("a"), remove("b"), remove("d", FileType::kDirectory),
                              replace_directory("e"), finish(".")};
  const std::vector<Action> before = actions;
  const PruneResult result = prune(actions, {});
  EXPECT_EQ(actions, before);
  EXPECT_THAT(result.blocked, IsEmpty());
  EXPECT_EQ(result.unchanged, 0U);
}

TEST(Prune, KeepsAllDirectoriesAboveWhatIsKept) {
  std::vector<Action> actions{
      remove("a/b/c", FileType::kDirectory), remove("a/b", FileType::kDirectory),
      remove("a", FileType::kDirectory), remove("a/b/other"), remove("a-b", FileType::kDirectory)};
  prune(actions, {RelPath("a/b/c/kept")});
  EXPECT_THAT(told(actions), ElementsAre("delete a/b/other", "delete a-b"));
}

TEST(Prune, KeepsWhatIsKeptItself) {
  std::vector<Action> actions{remove("a", FileType::kDirectory), remove("b")};
  prune(actions, {RelPath("a"), RelPath("b")});
  EXPECT_THAT(actions, IsEmpty());
}

TEST(Prune, BlocksTheReplacementOfADirectoryThatHoldsWhatIsKeptWithAllBelowIt) {
  std::vector<Action> actions{replace_directory("d"), remove("d/a"),
                              remove("d/b", FileType::kDirectory), remove("d-e"), create("da")};
  const PruneResult result = prune(actions, {RelPath("d/b/kept")});
  EXPECT_THAT(result.blocked, ElementsAre(RelPath("d")));
  EXPECT_THAT(told(actions), ElementsAre("delete d-e", "create da"));
}

TEST(Prune, BlocksALinkInPlaceOfADirectoryThatHoldsWhatIsKept) {
  Action link = replace_directory("d");
  link.op = Op::kLink;
  link.other = RelPath("a");
  std::vector<Action> actions{link};
  EXPECT_THAT(prune(actions, {RelPath("d/kept")}).blocked, ElementsAre(RelPath("d")));
  EXPECT_THAT(actions, IsEmpty());
}

TEST(Prune, TellsOfBlockedDirectoriesInPathOrder) {
  std::vector<Action> actions{replace_directory("b"), replace_directory("a-b"),
                              replace_directory("a/b")};
  EXPECT_THAT(prune(actions, {RelPath("a-b/k"), RelPath("a/b/k"), RelPath("b/k")}).blocked,
              ElementsAre(RelPath("a/b"), RelPath("a-b"), RelPath("b")));
}

TEST(Prune, DropsAFinishThatOnlyItsChildrenAskedForWhereNoneChanges) {
  std::vector<Action> actions{finish("d"), finish("e"),     create("e/new"),
                              finish("f"), metadata("f/a"), finish(".")};
  const PruneResult result = prune(actions, {});
  EXPECT_THAT(told(actions), ElementsAre("finish e", "create e/new", "metadata f/a", "finish ."));
  EXPECT_EQ(result.unchanged, 2U);
}

TEST(Prune, KeepsAFinishThatHasAReasonOfItsOwn) {
  std::vector<Action> actions{finish("d", {Reason::kMode, Reason::kChildren}),
                              finish("e", {Reason::kMtime})};
  prune(actions, {});
  EXPECT_THAT(told(actions), ElementsAre("finish d", "finish e"));
}

TEST(Prune, DropsTheFinishOfADirectoryWhoseOnlyDeletionIsTakenOut) {
  std::vector<Action> actions{remove("d/x", FileType::kDirectory), finish("d"), finish(".")};
  prune(actions, {RelPath("d/x/kept")});
  EXPECT_THAT(actions, IsEmpty());
}

TEST(Prune, KeepsTheFinishOfTheRootWhereverAnythingIsDone) {
  std::vector<Action> actions{metadata("a/b/c"), finish(".")};
  prune(actions, {});
  EXPECT_THAT(told(actions), ElementsAre("metadata a/b/c", "finish ."));
}

}  // namespace
}  // namespace foldersync
