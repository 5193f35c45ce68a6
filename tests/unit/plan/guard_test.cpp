#include "plan/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <utility>

#include "support/sample_plan.h"

namespace foldersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

GuardCounts counts_of(const std::vector<Action>& actions) {
  GuardCounts counts;
  for (const Action& action : actions) counts.add(action);
  return counts;
}

std::vector<Action> deletions(std::size_t count) {
  Action action = test::action_of(Phase::kDelete, Op::kDelete, "a", {Reason::kExtra});
  action.before = test::file_of(1, 1);
  return std::vector<Action>(count, action);
}

Guard guard(std::uint64_t deleted, std::uint64_t of, const char* limit) {
  return max_delete_guard(counts_of(deletions(deleted)), *parse_limit(limit), of);
}

TEST(MaxDelete, AllowsAsManyAsItsLimitAndNotOneMore) {
  EXPECT_FALSE(guard(10, 100, "10").refused);
  EXPECT_TRUE(guard(11, 100, "10").refused);
}

TEST(MaxDelete, OfZeroRefusesTheFirstDeletionAndNothingElse) {
  EXPECT_FALSE(guard(0, 100, "0").refused);
  EXPECT_TRUE(guard(1, 100, "0").refused);
  EXPECT_FALSE(guard(0, 0, "0%").refused);
  EXPECT_TRUE(guard(1, 1'000'000, "0%").refused);
}

TEST(MaxDelete, CountsAPercentageWithoutRounding) {
  EXPECT_FALSE(guard(1, 3, "34%").refused);
  EXPECT_TRUE(guard(1, 3, "33%").refused);
  EXPECT_FALSE(guard(50, 100, "50%").refused);
  EXPECT_TRUE(guard(50, 99, "50%").refused);
  EXPECT_TRUE(guard(5'001, 10'000, "50%").refused);
}

TEST(MaxDelete, CountsAPercentageOfMoreThanThereCanBeWithoutOverflow) {
  constexpr std::uint64_t kMost = UINT64_MAX;
  EXPECT_FALSE(guard(1, kMost, "1%").refused);
  EXPECT_FALSE(guard(1, kMost, "100%").refused);
}

TEST(MaxDelete, OfAHundredPercentRefusesNothing) {
  EXPECT_FALSE(guard(3, 3, "100%").refused);
  EXPECT_FALSE(guard(0, 0, "100%").refused);
}

TEST(MaxDelete, SaysItsFigures) {
  EXPECT_EQ(guard(7, 9, "50%"), (Guard{"max-delete", "50%", 7, 9, true}));
  EXPECT_EQ(guard(7, 9, "8"), (Guard{"max-delete", "8", 7, 9, false}));
  EXPECT_EQ(figures(guard(7, 9, "50%")), "7 of 9, limit 50%");
}

TEST(MaxDelete, ExplainsARefusalWithItsFiguresAndTheOption) {
  const std::string text = explain(guard(1'234, 9'999, "10%"));
  for (const char* const part : {"1,234", "9,999", "10%", "--max-delete"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

Action write_of(Op op, std::optional<Facts> before, std::optional<Facts> after) {
  Action action = test::action_of(Phase::kWrite, op, "a", {Reason::kContent});
  action.before = std::move(before);
  action.after = std::move(after);
  return action;
}

std::uint64_t updates(const std::vector<Action>& actions) {
  return max_update_guard(counts_of(actions), Limit{0, false}, 10).count;
}

TEST(MaxUpdate, CountsFilesThatGetOtherContentOrGiveWay) {
  const Facts file = test::file_of(1, 1);
  const Facts folder = test::directory_of(0755);
  EXPECT_EQ(updates({write_of(Op::kUpdate, file, test::file_of(2, 2))}), 1U);
  EXPECT_EQ(updates({write_of(Op::kReplace, file, folder)}), 1U);
  EXPECT_EQ(updates({write_of(Op::kLink, file, test::file_of(2, 2))}), 1U);
}

TEST(MaxUpdate, CountsNothingElse) {
  const Facts file = test::file_of(1, 1);
  const Facts folder = test::directory_of(0755);
  Facts link;
  link.type = FileType::kSymlink;
  EXPECT_EQ(updates({write_of(Op::kCreate, std::nullopt, file)}), 0U);
  EXPECT_EQ(updates({write_of(Op::kMetadata, file, file)}), 0U);
  EXPECT_EQ(updates({write_of(Op::kDelete, file, std::nullopt)}), 0U);
  EXPECT_EQ(updates({write_of(Op::kReplace, folder, file)}), 0U);
  EXPECT_EQ(updates({write_of(Op::kUpdate, link, link)}), 0U);
  Action changes_hands = write_of(Op::kUpdate, file, file);
  for (const ReasonSet& reasons : {ReasonSet{Reason::kOwner}, ReasonSet{Reason::kMode},
                                   ReasonSet{Reason::kOwner, Reason::kMode}}) {
    changes_hands.reasons = reasons;
    EXPECT_EQ(updates({changes_hands}), 0U);
  }
  changes_hands.reasons.add(Reason::kMtime);
  EXPECT_EQ(updates({changes_hands}), 1U) << "nobody has compared the content";
  EXPECT_EQ(updates({write_of(Op::kLink, file, file)}), 0U);
  EXPECT_EQ(updates({write_of(Op::kLink, std::nullopt, file)}), 0U);
}

TEST(MaxUpdate, RefusesAndExplains) {
  const std::vector<Action> actions(
      3, write_of(Op::kUpdate, test::file_of(1, 1), test::file_of(2, 2)));
  EXPECT_FALSE(max_update_guard(counts_of(actions), Limit{3, false}, 10).refused);
  const Guard refused = max_update_guard(counts_of(actions), Limit{29, true}, 10);
  EXPECT_EQ(refused, (Guard{"max-update", "29%", 3, 10, true}));
  for (const char* const part : {"3 of", "10 entries", "29%", "--max-update"}) {
    EXPECT_THAT(explain(refused), HasSubstr(part));
  }
}

TEST(Require, RefusesWhatIsMissingAndNamesTheOption) {
  EXPECT_EQ(require_guard("a/b", true), (Guard{"require", "a/b", 1, 1, false}));
  const Guard missing = require_guard("a/b", false);
  EXPECT_EQ(missing, (Guard{"require", "a/b", 0, 1, true}));
  EXPECT_EQ(figures(missing), "'a/b' is missing");
  EXPECT_THAT(explain(missing), HasSubstr("'a/b'"));
  EXPECT_THAT(explain(missing), HasSubstr("--require"));
}

TEST(Require, ShowsAnyNameAsPrintableAsciiThatADocumentHolds) {
  EXPECT_EQ(require_guard("caf\xc3\xa9\n\\%", true).limit, "caf%C3%A9%0A\\%25");
  const std::string longest = require_guard(std::string(300, 'a'), true).limit;
  EXPECT_LE(longest.size(), 255U);
  EXPECT_THAT(longest, testing::EndsWith("aaa..."));
}

TEST(Space, RefusesWhatDoesNotFitAndNamesTheOption) {
  EXPECT_FALSE(space_guard(4096, 4096).refused);
  const Guard refused = space_guard(4097, 4096);
  EXPECT_EQ(refused, (Guard{"space", "4096", 4097, 4096, true}));
  EXPECT_TRUE(is_about_space(refused));
  EXPECT_EQ(figures(space_guard(1024, 2048)), "1.0 KiB at a time, 2.0 KiB free");
  EXPECT_THAT(explain(refused), HasSubstr("--no-space-check"));
}

TEST(Adopt, IsAskedWhereTenEntriesOrMoreAndMoreThanHalfWouldGo) {
  EXPECT_EQ(adopt_guard(9, 9, false), std::nullopt);
  EXPECT_EQ(adopt_guard(10, 20, false), std::nullopt);
  EXPECT_EQ(adopt_guard(10, 19, false), (Guard{"adopt", "50%", 10, 19, true}));
  EXPECT_EQ(adopt_guard(10, 19, true), (Guard{"adopt", "100%", 10, 19, false}));
  const std::string why = explain(*adopt_guard(10, 19, false));
  for (const char* const part : {"10 of the replica's 19 entries", "--adopt", "--no-delete"}) {
    EXPECT_THAT(why, HasSubstr(part));
  }
}

TEST(Adopt, IsWhatAPersonMayAllow) {
  Guard guard = *adopt_guard(10, 19, false);
  EXPECT_TRUE(asks_for_adoption(guard));
  allow(guard);
  EXPECT_EQ(guard, adopt_guard(10, 19, true));
  EXPECT_FALSE(asks_for_adoption(guard));
  EXPECT_FALSE(asks_for_adoption(*new_source_guard(10, 19, false)));
}

TEST(NewSource, IsAskedWhereMoreThanHalfWouldGo) {
  EXPECT_EQ(new_source_guard(1, 2, false), std::nullopt);
  EXPECT_EQ(new_source_guard(0, 0, false), std::nullopt);
  EXPECT_EQ(new_source_guard(2, 3, false), (Guard{"new-source", "50%", 2, 3, true}));
  EXPECT_EQ(new_source_guard(2, 3, true), (Guard{"new-source", "100%", 2, 3, false}));
  EXPECT_THAT(explain(*new_source_guard(2, 3, false)), HasSubstr("--new-source"));
}

TEST(EmptySource, IsAskedWhereThereWereTenEntriesAndSomethingWouldGo) {
  EXPECT_EQ(empty_source_guard(9, 9, false), std::nullopt);
  EXPECT_EQ(empty_source_guard(10, 0, false), std::nullopt);
  const Guard refused{"empty-source", "1", 0, 1'234, true};
  EXPECT_EQ(empty_source_guard(1'234, 1, false), refused);
  EXPECT_EQ(empty_source_guard(1'234, 1, true), (Guard{"empty-source", "0", 0, 1'234, false}));
  EXPECT_THAT(figures(refused), HasSubstr("1,234 entries"));
  for (const char* const part : {"1,234 entries", "--empty-source", "--new-source"}) {
    EXPECT_THAT(explain(refused), HasSubstr(part));
  }
}

TEST(AnUnknownRule, IsExplainedWithItsFigures) {
  const std::string text = explain(Guard{"other", "5", 7, 9, true});
  for (const char* const part : {"'other'", "7 of 9", "limit 5"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(CountingGuards, AreThoseOfTheOptionsInTheOrderOfTheDocument) {
  PlanOptions options;
  EXPECT_THAT(counting_guards(options, counts_of(deletions(2)), 9), IsEmpty());
  options.max_update = Limit{1, false};
  options.max_delete = Limit{1, false};
  EXPECT_THAT(
      counting_guards(options, counts_of(deletions(2)), 9),
      ElementsAre(Guard{"max-delete", "1", 2, 9, true}, Guard{"max-update", "1", 0, 9, false}));
}

// A plan that deletes three of four entries, with all options that ask for guards, and these.
Plan guarded() {
  Plan plan;
  plan.options.max_delete = Limit{80, true};
  plan.options.max_update = Limit{9, false};
  plan.options.require = {"a", "b"};
  plan.guards = {{"max-delete", "80%", 3, 4, false}, {"max-update", "9", 0, 4, false},
                 {"require", "a", 1, 1, false},      {"require", "b", 0, 1, true},
                 {"space", "8", 9, 8, true},         {"of a later version", "", 0, 0, false}};
  return plan;
}

TEST(BrokenGuards, AreNoneWhereTheySayWhatOptionsAndActionsDo) {
  EXPECT_EQ(broken_guards(guarded(), counts_of(deletions(3))), nullptr);
  Plan roomy = guarded();
  roomy.guards.erase(roomy.guards.begin() + 4);  // the rule on free space is not always there
  EXPECT_EQ(broken_guards(roomy, counts_of(deletions(3))), nullptr);
}

TEST(BrokenGuards, OfRoomThatIsMadeFirstNeedItsOptionAndThatItIsNeeded) {
  const GuardCounts none;
  Plan plan;
  plan.options.delete_first = true;
  EXPECT_EQ(broken_guards(plan, none), nullptr) << "it was asked for";
  plan.guards = {space_guard(5, 8), delete_first_guard(RoomUnit::kBytes, 9, 8),
                 *adopt_guard(12, 15, true)};
  EXPECT_EQ(broken_guards(plan, counts_of(deletions(12))), nullptr);
  plan.guards = {delete_first_guard(RoomUnit::kInodes, 9, 8)};
  EXPECT_EQ(broken_guards(plan, none), nullptr);
  for (const auto& change : std::vector<std::function<void(Plan&)>>{
           [](Plan& wrong) { wrong.options.delete_first = false; },
           [](Plan& wrong) { wrong.guards[0].count = 8; },
           [](Plan& wrong) { wrong.guards[0].refused = true; },
           [](Plan& wrong) { wrong.guards[0].limit = "8"; },
           [](Plan& wrong) { wrong.guards.push_back(wrong.guards[0]); },
           [](Plan& wrong) { wrong.guards.push_back(space_guard(5, 8)); }}) {
    Plan wrong = plan;
    change(wrong);
    EXPECT_NE(broken_guards(wrong, none), nullptr);
  }
}

TEST(DeleteFirstGuard, SaysWhatDeletionsMakeRoomFor) {
  EXPECT_EQ(figures(delete_first_guard(RoomUnit::kBytes, 3 << 20, 1 << 20)),
            "3.0 MiB at a time if deletions came last, 1.0 MiB free");
  EXPECT_EQ(figures(delete_first_guard(RoomUnit::kInodes, 1'234, 5)),
            "1,234 inodes at a time if deletions came last, 5 inodes free");
}

// A plan without options that deletes 12 of 15 entries, and may.
Plan adopting() {
  Plan plan;
  plan.guards = {*adopt_guard(12, 15, true), *new_source_guard(12, 15, true),
                 *empty_source_guard(40, 12, true)};
  return plan;
}

TEST(BrokenGuards, AboutEarlierRunsAreThoseThatDenyTheActions) {
  const GuardCounts counts = counts_of(deletions(12));
  EXPECT_EQ(broken_guards(adopting(), counts), nullptr);
  EXPECT_EQ(broken_guards(Plan(), counts), nullptr) << "who plans asks, and nobody else";
  for (std::size_t at = 0; at < 3; ++at) {
    for (const auto& change : std::vector<std::function<void(Guard&)>>{
             [](Guard& guard) { guard.refused = true; }, [](Guard& guard) { guard.limit = "9"; },
             [](Guard& guard) { guard.count += 1; }}) {
      Plan wrong = adopting();
      change(wrong.guards[at]);
      EXPECT_NE(broken_guards(wrong, counts), nullptr) << at;
    }
    Plan twice = adopting();
    twice.guards.push_back(twice.guards[at]);
    EXPECT_NE(broken_guards(twice, counts), nullptr) << at;
  }
  Plan unsorted = adopting();
  std::swap(unsorted.guards[0], unsorted.guards[1]);
  EXPECT_NE(broken_guards(unsorted, counts), nullptr);
  EXPECT_NE(broken_guards(adopting(), counts_of(deletions(7))), nullptr) << "no more than half";
}

TEST(BrokenGuards, AreThoseThatAreMissingFalseOrTooMany) {
  for (std::size_t at = 0; at < 4; ++at) {
    Plan missing = guarded();
    missing.guards.erase(missing.guards.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_NE(broken_guards(missing, counts_of(deletions(3))), nullptr) << at;
  }
  for (std::size_t at = 0; at < 5; ++at) {
    for (const auto& change : std::vector<std::function<void(Guard&)>>{
             [](Guard& guard) { guard.refused = !guard.refused; },
             [](Guard& guard) { guard.limit += "1"; }}) {
      Plan wrong = guarded();
      change(wrong.guards[at]);
      EXPECT_NE(broken_guards(wrong, counts_of(deletions(3))), nullptr) << at;
    }
  }
  for (std::size_t at = 0; at < 2; ++at) {
    Plan wrong = guarded();
    --wrong.guards[at].count;
    EXPECT_NE(broken_guards(wrong, counts_of(deletions(3))), nullptr) << at;
  }
  Plan twice = guarded();
  twice.guards.insert(twice.guards.begin() + 4, twice.guards[4]);
  EXPECT_NE(broken_guards(twice, counts_of(deletions(3))), nullptr);
}

}  // namespace
}  // namespace foldersync
