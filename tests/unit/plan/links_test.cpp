#include "plan/links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "plan/order.h"

namespace foldersync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What the two trees have at one path: a number for each object, 0 where there is nothing.
struct Line {
  std::string path;
  std::uint64_t source;
  std::uint64_t replica;
  Decision decision;
  LinkRange range{};  // of the replica's directory
};

constexpr Decision kSame = Decision::kUnchanged;
constexpr Decision kOther = Decision::kMetadata;
constexpr Decision kNew = Decision::kCreate;
constexpr Decision kGone = Decision::kDelete;
constexpr Decision kUpdate = Decision::kUpdate;
constexpr Decision kReplace = Decision::kReplace;

ReasonSet reasons_of(Decision decision) {
  switch (decision) {
    case Decision::kMetadata:
      return {Reason::kMtime};
    case Decision::kCreate:
      return {Reason::kMissing};
    case Decision::kUpdate:
      return {Reason::kSize};
    case Decision::kReplace:
      return {Reason::kType};
    case Decision::kDelete:
      return {Reason::kExtra};
    default:
      return {};
  }
}

// The entries as the walk hands them over; replica objects have `elsewhere` more names than here.
std::vector<LinkedEntry> entries_of(const std::vector<Line>& lines,
                                    const std::map<std::uint64_t, std::uint32_t>& elsewhere = {}) {
  std::map<std::uint64_t, std::uint32_t> names = elsewhere;
  for (const Line& line : lines) ++names[line.replica];
  std::vector<LinkedEntry> entries;
  for (const Line& line : lines) {
    LinkedEntry entry;
    entry.path = RelPath(line.path);
    entry.range = line.range;
    entry.comparison = {line.decision, reasons_of(line.decision)};
    if (line.source != 0) {
      entry.source = ObjectId{1, line.source};
      entry.after = Facts{};
    }
    if (line.replica != 0) {
      entry.replica = ObjectId{2, line.replica};
      entry.replica_links = names[line.replica];
    }
    if (line.replica != 0 || line.decision == kReplace) entry.before = Facts{};
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string told(const Action& action) {
  std::string text = std::string(to_string(action.op)) + " " + action.path.shown();
  if (action.other) text += " to " + action.other->shown();
  const char* separator = ": ";
  for (const Reason reason : kReasons) {
    if (!action.reasons.has(reason)) continue;
    text += separator + std::string(to_string(reason));
    separator = " ";
  }
  return text;
}

std::vector<Action> settled(const std::vector<Line>& lines,
                            const std::map<std::uint64_t, std::uint32_t>& elsewhere = {}) {
  GroupedLinks result = group_links(entries_of(lines, elsewhere)).value();
  EXPECT_EQ(result.actions.size() + result.unchanged, lines.size());
  put_in_order(result.actions);
  return result.actions;
}

std::vector<std::string> told_settled(
    const std::vector<Line>& lines, const std::map<std::uint64_t, std::uint32_t>& elsewhere = {}) {
  std::vector<std::string> result;
  for (const Action& action : settled(lines, elsewhere)) result.push_back(told(action));
  return result;
}

TEST(Links, OfEqualGroupsNeedNothing) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kSame}, {"b", 1, 1, kSame}}), IsEmpty());
}

TEST(Links, OfNoEntriesAreNone) { EXPECT_THAT(told_settled({}), IsEmpty()); }

TEST(Links, AreMadeWhereTheReplicaHasTwoObjects) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kSame}, {"b", 1, 2, kSame}}),
              ElementsAre("link b to a: link"));
}

TEST(Links, AreMadeToTheFirstNameThatCanStayEvenIfItIsNotTheFirst) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kUpdate}, {"b", 1, 2, kSame}, {"c", 1, 0, kNew}}),
              ElementsAre("link a to b: link", "link c to b: missing link"));
}

std::vector<std::string> told_with_most(std::uint32_t most, const std::vector<Line>& lines,
                                        const std::map<std::uint64_t, std::uint32_t>& elsewhere) {
  GroupedLinks result = group_links(entries_of(lines, elsewhere), most).value();
  EXPECT_EQ(result.actions.size() + result.unchanged, lines.size());
  put_in_order(result.actions);
  std::vector<std::string> texts;
  for (const Action& action : result.actions) texts.push_back(told(action));
  return texts;
}

TEST(Links, OfMoreNamesThanAFileCanHaveAreToSeveralFiles) {
  EXPECT_THAT(told_with_most(2,
                             {{"a", 1, 0, kNew},
                              {"b", 1, 0, kNew},
                              {"c", 1, 0, kNew},
                              {"d", 1, 0, kNew},
                              {"e", 1, 0, kNew}},
                             {}),
              ElementsAre("create a: missing", "link b to a: missing link", "create c: missing",
                          "link d to c: missing link", "create e: missing"));
}

TEST(Links, OfTooManyNamesNeedNothingWhereTheFilesAreFewEnough) {
  EXPECT_THAT(told_with_most(2, {{"a", 1, 2, kSame}, {"b", 1, 1, kSame}, {"c", 1, 1, kSame}}, {}),
              IsEmpty());
  EXPECT_THAT(told_with_most(3, {{"a", 1, 2, kSame}, {"b", 1, 1, kSame}, {"c", 1, 1, kSame}}, {}),
              ElementsAre("link b to a: link", "link c to a: link"));
}

TEST(Links, OfTooManyNamesKeepOneFileMoreWhereTheOthersAreFullByNamesElsewhere) {
  EXPECT_THAT(told_with_most(2, {{"a", 1, 1, kSame}, {"b", 1, 2, kSame}, {"c", 1, 3, kSame}},
                             {{1, 1}, {2, 1}}),
              IsEmpty());
}

TEST(Links, OfTooManyNamesAreJoinedWhereThereIsRoom) {
  EXPECT_THAT(
      told_with_most(
          3, {{"a", 1, 1, kSame}, {"b", 1, 2, kSame}, {"c", 1, 3, kSame}, {"d", 1, 0, kNew}}, {}),
      ElementsAre("link c to a: link", "link d to a: missing link"));
  // Names elsewhere count.
  EXPECT_THAT(told_with_most(
                  3, {{"a", 1, 1, kSame}, {"b", 1, 1, kSame}, {"c", 1, 0, kNew}, {"d", 1, 0, kNew}},
                  {{1, 1}}),
              ElementsAre("create c: missing", "link d to c: missing link"));
}

TEST(Links, OfTooManyNamesLeaveWhatCannotStay) {
  EXPECT_THAT(
      told_with_most(2, {{"a", 1, 1, kUpdate}, {"b", 1, 1, kUpdate}, {"c", 1, 2, kSame}}, {}),
      ElementsAre("link a to c: link", "update b: size"));
}

TEST(Links, OfANewGroupAreMadeToItsFirstName) {
  EXPECT_THAT(told_settled({{"b", 1, 0, kNew}, {"a", 1, 0, kNew}}),
              ElementsAre("create a: missing", "link b to a: missing link"));
}

constexpr LinkRange kHere{1, 1};
constexpr LinkRange kOtherDevice{2, 1};
constexpr LinkRange kOtherMount{1, 2};

TEST(Links, AreMadeWithinEachDeviceAndEachMountOnly) {
  for (const LinkRange there : {kOtherDevice, kOtherMount}) {
    EXPECT_THAT(told_settled({{"a", 1, 0, kNew, kHere},
                              {"b", 1, 0, kNew, there},
                              {"c", 1, 0, kNew, kHere},
                              {"d", 1, 0, kNew, there}}),
                ElementsAre("create a: missing", "create b: missing", "link c to a: missing link",
                            "link d to b: missing link"));
  }
}

TEST(Links, OfOneGroupOnTwoDevicesNeedNothing) {
  EXPECT_THAT(
      told_settled(
          {{"a", 1, 1, kSame, kHere}, {"b", 1, 2, kSame, kOtherDevice}, {"c", 1, 1, kSame, kHere}}),
      IsEmpty());
}

TEST(Links, OfOneGroupOnTwoDevicesHaveTheirMetadataPutRightInPlace) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kOther, kHere},
                            {"b", 1, 1, kOther, kHere},
                            {"c", 1, 2, kOther, kOtherDevice}}),
              ElementsAre("metadata a: mtime", "metadata c: mtime"));
}

TEST(Links, AreBrokenWhereTheSourceHasTwoObjects) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kSame}, {"b", 2, 1, kSame}}),
              ElementsAre("update b: link"));
}

TEST(Links, AreBrokenAndTheMetadataIsPutRightAtOnce) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kSame}, {"b", 2, 1, kOther}}),
              ElementsAre("update b: link mtime"));
}

TEST(Links, ChangeGroupsWhereOneReplicaObjectHoldsPartsOfTwoGroups) {
  // a b | c d in the source, a d | b c in the replica.
  EXPECT_THAT(told_settled(
                  {{"a", 1, 1, kSame}, {"b", 1, 2, kSame}, {"c", 2, 2, kSame}, {"d", 2, 1, kSame}}),
              ElementsAre("link b to a: link", "link d to c: link"));
}

TEST(Links, OfTwoGroupsInOneObjectLeaveItToTheFirstGroup) {
  EXPECT_THAT(told_settled(
                  {{"a", 1, 1, kSame}, {"b", 2, 1, kSame}, {"c", 1, 1, kSame}, {"d", 2, 1, kSame}}),
              ElementsAre("update b: link", "link d to b: link"));
}

TEST(Links, TakeAnotherNameOfTheGroupWhereTheFirstObjectIsTaken) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kSame}, {"b", 2, 1, kSame}, {"c", 2, 2, kSame}}),
              ElementsAre("link b to c: link"));
}

TEST(Links, KeepAnUnchangedObjectWhoseOtherNamesAreUnknown) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kSame}, {"b", 1, 1, kSame}}, {{1, 5}}), IsEmpty());
}

TEST(Links, PutMetadataRightOnceWhereAllNamesAreOfTheGroup) {
  const std::vector<Action> actions = settled({{"a", 1, 1, kOther}, {"b", 1, 1, kOther}});
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(told(actions.front()), "metadata a: mtime");
  EXPECT_EQ(actions.front().before->links, 2U);
}

TEST(Links, NeverChangeInPlaceAnObjectWithANameOutsideOfTheReplica) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kOther}, {"b", 1, 1, kOther}}, {{1, 1}}),
              ElementsAre("update a: link mtime", "link b to a: link"));
  EXPECT_THAT(told_settled({{"a", 1, 1, kOther}}, {{1, 1}}), ElementsAre("update a: link mtime"));
}

TEST(Links, NeverChangeInPlaceAnObjectThatAnotherGroupKeeps) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kOther}, {"b", 2, 1, kSame}}),
              ElementsAre("update a: link mtime"));
}

TEST(Links, OfAnObjectThatChangesInPlaceStillHoldWhatTheOthersNamesExpectBefore) {
  // Each `before` has to hold when its turn comes, and "b" comes after "a".
  for (const Decision of_other : {kGone, kUpdate}) {
    const std::uint64_t source = of_other == kGone ? 0 : 2;
    for (const Action& action : settled({{"a", 1, 1, kOther}, {"b", source, 1, of_other}})) {
      EXPECT_NE(action.op, Op::kMetadata) << told(action);
    }
  }
}

TEST(Links, DeleteNamesThatTheSourceLacks) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kSame}, {"b", 0, 1, kGone}, {"c", 0, 2, kGone}}),
              ElementsAre("delete b: extra", "delete c: extra"));
}

TEST(Links, ReplaceWhatHasAnotherTypeByALinkWhereTheGroupHasAnObject) {
  EXPECT_THAT(told_settled({{"a", 1, 1, kSame}, {"b", 1, 0, kReplace}}),
              ElementsAre("link b to a: type link"));
}

TEST(Links, ReplaceTheFirstOfAGroupAndLinkTheOthersWhereNoneCanStay) {
  EXPECT_THAT(told_settled({{"a", 1, 0, kReplace}, {"b", 1, 3, kUpdate}, {"c", 1, 0, kNew}}),
              ElementsAre("replace a: type", "link b to a: link", "link c to a: missing link"));
}

TEST(Links, AreInPhaseWriteAndDeletionsInPhaseDelete) {
  for (const Action& action :
       settled({{"a", 1, 1, kOther}, {"b", 1, 2, kSame}, {"c", 0, 2, kGone}})) {
    EXPECT_EQ(action.phase, action.op == Op::kDelete ? Phase::kDelete : Phase::kWrite);
    EXPECT_EQ(action.after.has_value(), action.op != Op::kDelete);
  }
}

// Who may write in the trees decides how many names there are.
TEST(Links, ToldToStopTheSettlingEndsAtTheNextEntry) {
  std::vector<Line> lines;
  for (int i = 0; i < 20'000; ++i) lines.push_back({"n" + std::to_string(i), 1, 0, kNew});
  for (const std::size_t most : {1U, 3U, 20'010U, 50'000U}) {
    std::size_t asked = 0;
    const auto grouped = group_links(entries_of(lines, {}), 0, [&]() -> Status {
      return ++asked < most ? success() : Status(Error{ErrorCode::kStopped, "arrange", {}, 0, {}});
    });
    ASSERT_FALSE(grouped.ok()) << most;
    EXPECT_EQ(grouped.error().code, ErrorCode::kStopped);
    EXPECT_EQ(asked, most);
  }
}

}  // namespace
}  // namespace foldersync
