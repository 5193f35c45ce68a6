#include "planner/other_spellings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "format/json.h"
#include "support/forwarding_file_system.h"
#include "support/memory_file_system.h"
#include "support/planning.h"

namespace foldersync {
namespace {

using test::file;
using test::link;
using test::MemoryFileSystem;
using test::Planning;
using test::Tree;
using test::tree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Plan plan_of(const Tree& source, const Tree& replica, const Planning& planning = {}) {
  MemoryFileSystem fs;
  fs.mount("/source", source);
  fs.mount("/replica", replica);
  fs.fold_case("/replica");
  return test::plan_folders(fs, "/source", "/replica", planning);
}

std::vector<std::string> told(const Plan& plan) {
  std::vector<std::string> result;
  for (const Action& action : plan.actions) {
    if (!action.path.is_root()) {
      result.push_back(std::string(to_string(action.op)) + " " + action.path.shown());
    }
  }
  return result;
}

std::vector<std::string> left(const Plan& plan) {
  std::vector<std::string> result;
  for (const Skipped& each : plan.skipped) result.push_back(each.path.shown() + " " + each.reason);
  for (const Problem& each : plan.problems) result.push_back(each.path.shown() + " " + each.doing);
  return result;
}

TEST(OtherSpellings, WhatTheReplicaSpellsInAnotherWayIsThereAndStays) {
  for (const auto& [ours, theirs] : {std::pair{"README", "readme"}, {"readme", "README"}}) {
    const Plan plan = plan_of(tree({file(ours, "x"), file("a", "x"), file("z", "x")}),
                              tree({file(theirs, "x"), file("a", "x"), file("z", "x")}));
    EXPECT_THAT(told(plan), IsEmpty());
    EXPECT_THAT(left(plan), ElementsAre(std::string(ours) + " spelling"));
    EXPECT_EQ(plan.summary.unchanged, 3U);
  }
}

TEST(OtherSpellings, ItIsBroughtUpToDateUnderTheNameThatTheSourceHas) {
  const Plan plan = plan_of(tree({file("README", "new"), file("b", "x")}),
                            tree({file("readme", "older"), file("gone", "yy")}));
  EXPECT_THAT(told(plan), ElementsAre("update README", "create b", "delete gone"));
  EXPECT_THAT(left(plan), ElementsAre("README spelling"));
}

TEST(OtherSpellings, ADirectoryIsComparedWithTheOneThatIsThere) {
  const Plan plan = plan_of(tree({file("Music/Song", "x"), file("Music/new", "x")}),
                            tree({file("music/song", "x"), file("music/old", "yy")}));
  EXPECT_THAT(told(plan), ElementsAre("create Music/new", "delete Music/old", "metadata Music"));
  EXPECT_THAT(left(plan), ElementsAre("Music spelling", "Music/Song spelling"));
}

TEST(OtherSpellings, TwoNamesOfTheSourceThatAreOneThereAreAProblem) {
  const Plan plan = plan_of(tree({file("README", "x"), file("Readme", "y"), file("readme", "z")}),
                            tree({file("Readme", "y")}));
  EXPECT_THAT(told(plan), IsEmpty());
  EXPECT_THAT(left(plan), ElementsAre("README hold beside another spelling of the name",
                                      "readme hold beside another spelling of the name"));
}

TEST(OtherSpellings, OneOfTwoNamesGetsWhatIsThere) {
  const Plan plan =
      plan_of(tree({file("README", "x"), file("readme", "x")}), tree({file("Readme", "x")}));
  EXPECT_THAT(told(plan), IsEmpty());
  EXPECT_THAT(left(plan),
              ElementsAre("README spelling", "readme hold beside another spelling of the name"));
}

TEST(OtherSpellings, WhereCaseCountsBothNamesAreTheirOwn) {
  EXPECT_THAT(told(test::plan_trees(tree({file("README", "x")}), tree({file("readme", "x")}), {})),
              ElementsAre("move README"));
}

// Gives each name an inode number of its own, as FUSE does.
class ManyNumbers final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  Result<FileStatus> status_at(int directory, const char* name) override {
    auto status = ForwardingFileSystem::status_at(directory, name);
    if (status) status->inode = std::hash<std::string>()(name);
    return status;
  }
};

// The plan for two trees that `alias` makes one entry of.
class Spelled : public testing::Test {
 protected:
  Plan plan(const Tree& source, const Tree& replica, const Planning& planning = {}) {
    memory_.mount("/source", source);
    memory_.mount("/replica", replica);
    for (const auto& [name, entry] : aliases_) memory_.alias("/replica", name, entry);
    if (folds_) memory_.fold_case("/replica");
    ManyNumbers many(memory_);
    FileSystem& fs = has_many_numbers_ ? static_cast<FileSystem&>(many) : memory_;
    return test::plan_folders(fs, "/source", "/replica", planning);
  }

  MemoryFileSystem memory_;
  std::vector<std::pair<std::string, std::string>> aliases_;
  bool folds_ = false;
  bool has_many_numbers_ = false;
};

TEST_F(Spelled, NamesThatOnlyTheFileSystemKnowsToBeOneAreFoundByTheInode) {
  aliases_ = {{"caf\xc3\xa9", "cafe\xcc\x81"}, {"R.E.M.", "R.E.M"}, {"r.E.M", "R.E.M"}};
  const Plan found = plan(tree({file("caf\xc3\xa9", "x"), file("R.E.M./1", "x")}),
                          tree({file("cafe\xcc\x81", "x"), file("R.E.M/1", "x")}));
  EXPECT_THAT(told(found), IsEmpty());
  EXPECT_THAT(left(found), ElementsAre("R.E.M. spelling", "caf\xc3\xa9 spelling"));
}

TEST_F(Spelled, ByTheInodeTheRightOneOfTwoIsFound) {
  aliases_ = {{"\xc3\x96", "\xc3\xb6"}};
  EXPECT_THAT(told(plan(tree({file("\xc3\x96", "o")}),
                        tree({file("\xc3\xa4", "a"), file("\xc3\xb6", "o")}))),
              ElementsAre("delete \xc3\xa4"));
}

TEST_F(Spelled, WhereNothingTellsWhichOneItIsNothingIsDeleted) {
  aliases_ = {{"\xc3\x96", "\xc3\xb6"}};
  has_many_numbers_ = true;
  const Plan unclear =
      plan(tree({file("\xc3\x96", "o"), file("new", "x")}),
           tree({file("\xc3\xa4", "a"), file("\xc3\xb6", "o"), file("d/gone", "x")}));
  EXPECT_THAT(told(unclear), ElementsAre("create new"));
  EXPECT_THAT(left(unclear), ElementsAre("\xc3\x96 hold beside another spelling of the name"));
}

TEST_F(Spelled, AnotherLinkOfWhatIsFoundIsNotItsOtherSpelling) {
  folds_ = true;
  const Plan found = plan(tree({file("README", "new"), file("readme", "x")}),
                          tree({file("readme", "x"), link("hard", "readme")}));
  EXPECT_THAT(told(found), ElementsAre("delete hard"));
  EXPECT_THAT(left(found), ElementsAre("README hold beside another spelling of the name"));
}

TEST_F(Spelled, ATwinIsNotPairedWithAStranger) {
  aliases_ = {{"\xc3\x84", "\xc3\xa4"}};
  for (const bool many : {false, true}) {
    has_many_numbers_ = many;
    const Plan found = plan(tree({file("\xc3\x84", "x"), file("\xc3\xa4", "x")}),
                            tree({file("\xc3\xa4", "x"), file("\xc3\xb6", "y")}));
    EXPECT_THAT(told(found), ElementsAre("delete \xc3\xb6")) << many;
    EXPECT_THAT(left(found), ElementsAre("\xc3\x84 hold beside another spelling of the name"));
  }
}

TEST_F(Spelled, ANamesakeThatLooksOtherwiseMakesNothingClear) {
  aliases_ = {{"\xc3\x96", "\xc3\xb6"}};
  has_many_numbers_ = true;
  const Plan found =
      plan(tree({file("\xc3\x96", "o"), file("\xe6\x97\xa5", "other")}),
           tree({file("\xc3\xb5", "a"), file("\xc3\xb6", "o"), file("\xe6\x97\xa5", "other")}));
  EXPECT_THAT(told(found), IsEmpty());
}

TEST_F(Spelled, ANameThatIsNotUnicodeDoesNotTellWhetherCaseCounts) {
  aliases_ = {{"README", "readme"}, {"Readme", "readme"}};
  EXPECT_THAT(told(plan(tree({file("A\xe9", "x"), file("README", "x"), file("zed", "x")}),
                        tree({file("A\xe9", "x"), file("readme", "x"), file("zed", "x")}))),
              IsEmpty());
}

TEST_F(Spelled, WithoutInodesTheOnlyOneThatLooksLikeItIsTaken) {
  folds_ = has_many_numbers_ = true;
  EXPECT_THAT(told(plan(tree({file("README", "x")}), tree({file("readme", "x"), file("b", "yy")}))),
              ElementsAre("delete b"));
}

TEST_F(Spelled, WhatIsExcludedTakesNoRoom) {
  folds_ = true;
  Planning planning;
  planning.options.rules = {"README"};
  const Plan found =
      plan(tree({file("README", "no"), file("Readme", "newer"), file("readme~", "x")}),
           tree({file("readme", "old")}), planning);
  EXPECT_THAT(told(found), ElementsAre("update Readme", "create readme~"));
  EXPECT_THAT(left(found), ElementsAre("Readme spelling"));
}

TEST_F(Spelled, WhatIsExcludedInTheReplicaIsInTheWay) {
  folds_ = true;
  Planning planning;
  planning.options.rules = {"/music/"};
  const Plan found = plan(tree({file("Music/ours", "x"), file("a", "x")}),
                          tree({file("music/theirs", "x")}), planning);
  EXPECT_THAT(told(found), ElementsAre("create a"));
  EXPECT_THAT(left(found), ElementsAre("Music hold beside another spelling of the name"));
}

// Finds the name that somebody made after the replica was listed.
class Meanwhile final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  Result<FileStatus> status_at(int directory, const char* name) override {
    auto status = ForwardingFileSystem::status_at(directory, name);
    const std::string text(name);
    if (!status && (text == "README" || text == "\xc3\x89")) {
      FileStatus made;
      made.size = 7;
      made.inode = 7;
      return made;
    }
    return status;
  }
};

Plan plan_with_others(const Tree& source, const Tree& replica) {
  MemoryFileSystem memory;
  memory.mount("/source", source);
  memory.mount("/replica", replica);
  Meanwhile fs(memory);
  return test::plan_folders(fs, "/source", "/replica", {});
}

TEST(OtherSpellings, WhatSomebodyMadeMeanwhileIsNoOtherSpelling) {
  const Plan plan = plan_with_others(tree({file("README", "x")}), tree({file("readme", "x")}));
  EXPECT_THAT(told(plan), ElementsAre("move README"));
  EXPECT_THAT(left(plan), IsEmpty());
}

TEST(OtherSpellings, WhereItMayBeOneNothingIsDeleted) {
  const Plan plan = plan_with_others(tree({file("\xc3\x89", "x")}), tree({file("\xc3\xa9", "x")}));
  EXPECT_THAT(told(plan), IsEmpty());
  EXPECT_THAT(left(plan), ElementsAre("\xc3\x89 hold beside another spelling of the name"));
}

}  // namespace
}  // namespace foldersync
