#include "plan/arrange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plan/order.h"
#include "support/memory_spool.h"
#include "support/sample_plan.h"

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

Action link(std::string path, std::string to, FileType before = FileType::kFile) {
  Action action = test::action_of(Phase::kWrite, Op::kLink, std::move(path), {Reason::kLink});
  action.other = RelPath(std::move(to));
  action.before = facts(before);
  action.after = facts(FileType::kFile);
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

// What arrange() makes of actions that a walk found, in `runs` runs.
Arranged arranged(std::vector<Action> actions, std::vector<RelPath> kept = {},
                  std::optional<Action> root_finish = std::nullopt, const Spooling& spooling = {},
                  std::size_t runs = 1) {
  Unarranged found;
  found.kept = std::move(kept);
  found.root_finish = std::move(root_finish);
  std::vector<std::vector<Action>> parts(runs);
  std::size_t next = 0;
  for (Action& action : actions) {
    if (action.phase == Phase::kFinish) found.doubtful.push_back(action.path);
    if (action.op == Op::kLink) {
      found.more.push_back(std::move(action));
      continue;
    }
    if (replaces_directory(action)) found.replaced.push_back(action.path);
    parts[next++ % runs].push_back(std::move(action));
  }
  for (std::vector<Action>& part : parts) {
    if (found.runs.empty() || part.size() % 2 == 0) found.runs.emplace_back(spooling);
    EXPECT_TRUE(found.runs.back().take(part));
  }
  auto result = arrange(std::move(found), spooling);
  EXPECT_TRUE(result);
  return std::move(*result);
}

std::vector<Action> all_of(const ActionStore& store) {
  std::vector<Action> actions;
  EXPECT_TRUE(for_each_action(
      store, [&](const Action& action, std::uint64_t) { actions.push_back(action); }));
  return actions;
}

std::vector<std::string> told(const Arranged& result) { return told(all_of(result.actions)); }

TEST(Arrange, LeavesAPlanAloneInWhichNothingIsKept) {
  const Arranged result = arranged({create("a"), remove("b"), remove("d", FileType::kDirectory),
                                    replace_directory("e"), finish(".")});
  EXPECT_THAT(told(result),
              ElementsAre("create a", "replace e", "delete b", "delete d", "finish ."));
  EXPECT_THAT(result.blocked, IsEmpty());
  EXPECT_EQ(result.unchanged, 0U);
}

TEST(Arrange, KeepsAllDirectoriesAboveWhatIsKept) {
  EXPECT_THAT(told(arranged({remove("a/b/c", FileType::kDirectory),
                             remove("a/b", FileType::kDirectory), remove("a", FileType::kDirectory),
                             remove("a/b/other"), remove("a-b", FileType::kDirectory)},
                            {RelPath("a/b/c/kept")})),
              ElementsAre("delete a/b/other", "delete a-b"));
}

TEST(Arrange, KeepsWhatIsKeptItself) {
  EXPECT_THAT(told(arranged({remove("a", FileType::kDirectory), remove("b")},
                            {RelPath("a"), RelPath("b")})),
              IsEmpty());
}

TEST(Arrange, BlocksTheReplacementOfADirectoryThatHoldsWhatIsKeptWithAllBelowIt) {
  const Arranged result =
      arranged({replace_directory("d"), remove("d/a"), remove("d/b", FileType::kDirectory),
                remove("d-e"), create("da")},
               {RelPath("d/b/kept")});
  EXPECT_THAT(result.blocked, ElementsAre(RelPath("d")));
  EXPECT_THAT(told(result), ElementsAre("create da", "delete d-e"));
}

TEST(Arrange, BlocksNothingBesideWhatIsBlockedThatOnlyBeginsLikeIt) {
  const Arranged result = arranged(
      {replace_directory("d"), replace_directory("d-x"), remove("d/x"), remove("d/x-"),
       remove("d-x/a"), create("d-"), create("d.y"), remove("d.y-"), create("dx"), create("c")},
      {RelPath("d/kept"), RelPath("d-x/kept")});
  EXPECT_THAT(result.blocked, ElementsAre(RelPath("d"), RelPath("d-x")));
  EXPECT_THAT(told(result),
              ElementsAre("create c", "create d-", "create d.y", "create dx", "delete d.y-"));
}

TEST(Arrange, BlocksALinkInPlaceOfADirectoryThatHoldsWhatIsKeptAndLinksToIt) {
  const Arranged result = arranged(
      {link("d", "a", FileType::kDirectory), link("e", "d"), link("f", "a")}, {RelPath("d/kept")});
  EXPECT_THAT(result.blocked, ElementsAre(RelPath("d"), RelPath("e")));
  EXPECT_THAT(told(result), ElementsAre("link f"));
}

TEST(Arrange, TellsOfBlockedDirectoriesInPathOrder) {
  EXPECT_THAT(arranged({replace_directory("b"), replace_directory("a-b"), replace_directory("a/b")},
                       {RelPath("a-b/k"), RelPath("a/b/k"), RelPath("b/k")})
                  .blocked,
              ElementsAre(RelPath("a/b"), RelPath("a-b"), RelPath("b")));
}

TEST(Arrange, DropsAFinishThatOnlyItsChildrenAskedForWhereNoneChanges) {
  const Arranged result = arranged(
      {finish("d"), finish("e"), create("e/new"), finish("f"), metadata("f/a"), finish(".")});
  EXPECT_THAT(told(result), ElementsAre("create e/new", "metadata f/a", "finish e", "finish ."));
  EXPECT_EQ(result.unchanged, 2U);
}

TEST(Arrange, KeepsAFinishThatHasAReasonOfItsOwn) {
  EXPECT_THAT(told(arranged({finish("d", {Reason::kMode, Reason::kChildren}),
                             finish("e", {Reason::kMtime})})),
              ElementsAre("finish e", "finish d"));
}

TEST(Arrange, DropsTheFinishOfADirectoryWhoseOnlyDeletionIsTakenOut) {
  EXPECT_THAT(told(arranged({remove("d/x", FileType::kDirectory), finish("d"), finish(".")},
                            {RelPath("d/x/kept")})),
              IsEmpty());
}

TEST(Arrange, KeepsTheFinishOfADirectoryInWhichOnlySomeDeletionsAreTakenOut) {
  EXPECT_THAT(told(arranged({create("d/a"), remove("d/x", FileType::kDirectory), finish("d")},
                            {RelPath("d/x/kept")})),
              ElementsAre("create d/a", "finish d"));
}

TEST(Arrange, KeepsTheFinishOfTheRootWhereverAnythingIsDone) {
  EXPECT_THAT(told(arranged({metadata("a/b/c"), finish(".")})),
              ElementsAre("metadata a/b/c", "finish ."));
}

TEST(Arrange, FinishesTheRootWhereAnythingIsDoneAndNothingElseDoes) {
  EXPECT_THAT(told(arranged({metadata("a")}, {}, finish("."))),
              ElementsAre("metadata a", "finish ."));
  EXPECT_THAT(told(arranged({}, {}, finish("."))), IsEmpty());
  const Action own = finish(".", {Reason::kMode});
  EXPECT_EQ(all_of(arranged({own}, {}, finish(".")).actions), std::vector<Action>{own});
}

TEST(Arrange, ClearsDirectoriesThatBecomeSomethingElseFirst) {
  const Arranged result = arranged({replace_directory("d"), remove("d/e", FileType::kDirectory),
                                    remove("d/e/f"), remove("d-e")});
  EXPECT_THAT(told(result), ElementsAre("delete d/e/f", "delete d/e", "replace d", "delete d-e"));
  EXPECT_EQ(all_of(result.actions)[1].phase, Phase::kClear);
}

TEST(Arrange, CountsWhatIsLeft) {
  const Arranged result = arranged({create("a"), remove("b"), remove("k")}, {RelPath("k")});
  EXPECT_EQ(result.summary.create, 1U);
  EXPECT_EQ(result.summary.remove, 1U);
  EXPECT_EQ(result.counts.deleted, 1U);
}

TEST(Arrange, HandsOnEachErrorOfASpool) {
  test::Spools spools;
  const auto outcome = [&]() -> int {
    Unarranged found;
    found.runs.emplace_back(spools.spooling());
    std::vector<Action> actions;
    for (int i = 0; i < 2000; ++i) {
      actions.push_back(create(std::to_string(i) + std::string(100, 'n')));
    }
    if (Status taken = found.runs.back().take(actions); !taken) return taken.error().error_number;
    const auto result = arrange(std::move(found), spools.spooling());
    return result ? 0 : result.error().error_number;
  };
  EXPECT_EQ(outcome(), 0);
  const std::size_t needed = spools.bytes;
  spools.bytes = 0;
  for (const std::size_t room : {needed - 1, needed / 4}) {
    spools.room = room;
    EXPECT_EQ(outcome(), ENOSPC);
    spools.bytes = 0;
  }
  spools.room = SIZE_MAX;
  spools.can_be_read = false;
  EXPECT_EQ(outcome(), EIO);
}

// The same by looking at everything at once.
std::vector<Action> arranged_naively(std::vector<Action> actions,
                                     const std::vector<RelPath>& kept) {
  const auto holds_kept = [&](const RelPath& path) {
    return std::any_of(kept.begin(), kept.end(),
                       [&](const RelPath& one) { return one.is_within(path); });
  };
  std::vector<RelPath> blocked;
  for (const Action& action : actions) {
    if (replaces_directory(action) && holds_kept(action.path)) blocked.push_back(action.path);
  }
  const std::vector<RelPath> leaders = blocked;
  const auto lies_in = [](const RelPath& path, const std::vector<RelPath>& all) {
    return std::any_of(all.begin(), all.end(),
                       [&](const RelPath& one) { return path.is_within(one); });
  };
  for (const Action& action : actions) {
    if (action.op == Op::kLink && lies_in(*action.other, leaders)) blocked.push_back(action.path);
  }
  std::erase_if(actions, [&](const Action& action) {
    return lies_in(action.path, blocked) || (action.op == Op::kDelete && holds_kept(action.path));
  });
  std::set<RelPath> changed;
  for (const Action& action : actions) {
    if (action.op != Op::kMetadata) changed.insert(action.path.parent());
  }
  std::erase_if(actions, [&](const Action& action) {
    return action.phase == Phase::kFinish && action.reasons == ReasonSet{Reason::kChildren} &&
           !action.path.is_root() && !changed.contains(action.path);
  });
  if (actions.size() == 1 && actions.front().path.is_root()) actions.clear();
  clear_what_is_replaced(actions);
  put_in_order(actions);
  return actions;
}

// Each path once, and a finish for some directories.
std::vector<Action> random_actions(std::mt19937& random) {
  const auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  std::vector<Action> actions;
  const auto add = [&](const std::string& path, bool is_in_replaced) {
    switch (is_in_replaced ? 1 + number(2) : number(9)) {
      case 0:
        return actions.push_back(create(path));
      case 1:
        return actions.push_back(remove(path));
      case 2:
        return actions.push_back(remove(path, FileType::kDirectory));
      case 3:
        return actions.push_back(metadata(path));
      case 4:
        return actions.push_back(replace_directory(path));
      case 5:
        return actions.push_back(link(path, std::string(1, "abc"[number(3)]) + "/link",
                                      number(2) == 0 ? FileType::kFile : FileType::kDirectory));
      default:
        return actions.push_back(finish(
            path, number(3) == 0 ? ReasonSet{Reason::kMtime} : ReasonSet{Reason::kChildren}));
    }
  };
  for (const std::string top : {"a", "b", "c"}) {
    if (number(4) != 0) add(top, false);
    const bool is_replaced = !actions.empty() && actions.back().path == RelPath(top) &&
                             replaces_directory(actions.back());
    for (const std::string name : {"/d", "/e", "/f", "/d/g", "/d/h"}) {
      if (number(3) != 0) add(top + name, is_replaced);
    }
  }
  if (number(2) == 0) actions.push_back(finish("."));
  std::shuffle(actions.begin(), actions.end(), random);
  return actions;
}

TEST(Arrange, DoesInRunsWhatCanBeDoneAtOnce) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    const std::vector<Action> actions = random_actions(random);
    std::vector<RelPath> kept;
    for (const Action& action : actions) {
      if (random() % 8 == 0 && !action.path.is_root()) kept.push_back(action.path.child("kept"));
    }
    test::Spools spools;
    const Arranged result =
        arranged(actions, kept, std::nullopt, spools.spooling(0, 1 + seed % 3), 1 + seed % 5);
    const std::vector<Action> expected = arranged_naively(actions, kept);
    ASSERT_EQ(told(result), told(expected)) << "seed " << seed;
    ASSERT_EQ(all_of(result.actions), expected) << "seed " << seed;
    Summary summary;
    for (const Action& action : expected) add_to_summary(action, summary);
    EXPECT_EQ(result.summary, summary);
  }
}

}  // namespace
}  // namespace foldersync
