#include "filter/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "filter/rule_text.h"
#include "unit/filter/filter_cases.h"

namespace foldersync {
namespace {

using test::filter_cases;
using test::filter_of;
using test::FilterCase;
using test::leaves_out;
using test::Lines;
using test::texts_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Filter, TheTableHolds) {
  for (const FilterCase& row : filter_cases()) {
    const Filter filter = filter_of(row.rules);
    SCOPED_TRACE(testing::PrintToString(row.rules));
    for (const auto& path : row.out) EXPECT_TRUE(leaves_out(filter, path)) << "in: " << path;
    for (const auto& path : row.in) EXPECT_FALSE(leaves_out(filter, path)) << "out: " << path;
  }
}

TEST(Filter, NoRuleExcludesNothing) {
  EXPECT_FALSE(Filter().excludes("", "a", false));
  EXPECT_TRUE(Filter().empty());
  EXPECT_TRUE(filter_of({"", "# a", "a["}).empty());
  EXPECT_FALSE(filter_of({"a"}).empty());
  EXPECT_FALSE(filter_of({"?a"}).empty());
}

TEST(Filter, ALongPathIsMatchedAsAWhole) {
  std::string directory = "a";
  while (directory.size() < 9000) directory += "/bbbbbbbbbb";
  const Filter filter = filter_of({"a/**/c?"});
  EXPECT_TRUE(filter.excludes(directory, "cd", false));
  EXPECT_FALSE(filter.excludes(directory, "c", false));
}

TEST(Filter, ManyRulesStillLetTheLastMatchDecide) {
  Lines rules;
  for (int i = 0; i < 300; ++i) rules.push_back("[" + std::string(i % 2 ? "x" : "y") + "]?*");
  rules.insert(rules.begin() + 150, {"!x[1]*", "d/[z]", "!d/*[y]"});
  rules.push_back("!x[2]*");
  const Filter filter = filter_of(rules);
  EXPECT_TRUE(filter.excludes("", "x1", false));
  EXPECT_FALSE(filter.excludes("", "x2", false));
  EXPECT_TRUE(filter.excludes("d", "z", false));
  EXPECT_FALSE(filter.excludes("d", "y", false));
}

TEST(Filter, ARuleTooLargeToCompileIsAUsageErrorThatNamesIt) {
  const auto filter = Filter::compile({"a", "big" + std::string(100'000, '?')});
  ASSERT_FALSE(filter.ok());
  EXPECT_EQ(filter.error().code, ErrorCode::kUsage);
  EXPECT_THAT(filter.error().detail, HasSubstr("rule 2 \"big??"));
}

// What all of them take together is bounded, too: 200 of these took 542 MB.
TEST(Filter, TheRuleThatIsOneTooManyIsAUsageErrorThatNamesItsPlace) {
  std::string large;
  for (int i = 0; i < 10'000; ++i) large += "a*";
  std::vector<std::string> rules(200, large);
  std::vector<std::string> origins;
  for (int i = 0; i < 200; ++i) origins.push_back("line " + std::to_string(3 + i) + " of 'f'");
  const auto filter = Filter::compile(rules, origins);
  ASSERT_FALSE(filter.ok());
  EXPECT_EQ(filter.error().code, ErrorCode::kUsage);
  EXPECT_THAT(filter.error().detail, HasSubstr("line 26 of 'f' \"a*a*"));
  EXPECT_THAT(filter.error().detail, HasSubstr("64 MiB"));
  rules.resize(20);
  EXPECT_TRUE(Filter::compile(rules).ok());
}

TEST(Filter, WhatAPlanHasNoRoomForIsAUsageError) {
  EXPECT_TRUE(Filter::compile({std::string(65'536, 'a')}).ok());
  EXPECT_FALSE(Filter::compile({std::string(65'537, 'a')}).ok());
  EXPECT_FALSE(Filter::compile(std::vector<std::string>(256, std::string(65'536, 'a'))).ok());
}

TEST(Filter, ThousandsOfRulesWithWildcardsAreOrdinary) {
  std::vector<std::string> rules;
  for (int i = 0; i < 20'000; ++i) rules.push_back("*/dir" + std::to_string(i) + "/x*y");
  EXPECT_TRUE(filter_of(rules).excludes("a/dir17", "xzy", false));
}

TEST(Filter, ARuleWithANulByteIsAUsageErrorThatShowsItEscaped) {
  const auto filter = Filter::compile({std::string("a\0b\x1b", 4)});
  ASSERT_FALSE(filter.ok());
  EXPECT_EQ(filter.error().code, ErrorCode::kUsage);
  EXPECT_THAT(filter.error().detail, HasSubstr("rule 1 \"a?b?\""));
}

TEST(RulesIn, LinesEndWithOrWithoutACarriageReturn) {
  EXPECT_THAT(texts_of(rules_in("a\r\nb\n\nc\r")), ElementsAre("a", "b", "c"));
  EXPECT_THAT(texts_of(rules_in("a\rb\r\r\n")), ElementsAre("a\rb\r"));
  EXPECT_THAT(texts_of(rules_in("")), IsEmpty());
}

TEST(RulesIn, LinesAreCountedWithThoseThatAreNoRules) {
  const auto lines = rules_in("# a\n\nb\nc");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].number, 3U);
  EXPECT_EQ(lines[1].number, 4U);
}

TEST(RulesIn, CommentsAndSpacesAtTheEndAreNoRules) {
  EXPECT_THAT(texts_of(rules_in("# a\n\\#b\n  \na  \nb\\  \n !c")),
              ElementsAre("\\#b", "a", "b\\ ", " !c"));
}

TEST(RulesIn, AByteOrderMarkCountsOnlyAtTheStart) {
  EXPECT_THAT(texts_of(rules_in("\xef\xbb\xbf"
                                "a\n\xef\xbb\xbf"
                                "b")),
              ElementsAre("a",
                          "\xef\xbb\xbf"
                          "b"));
}

TEST(ExcludeRule, TheGlobIsAPatternAndNothingElse) {
  const std::map<std::string, std::string> file_of_glob = {
      {"a", "a"},       {"!x", "!x"},       {"#x", "#x"}, {"\\!x", "!x"},  {"a  ", "a  "},
      {"a\\  ", "a  "}, {"a\\\\ ", "a\\ "}, {"  ", "  "}, {"a\nb", "a\nb"}};
  for (const auto& [glob, file] : file_of_glob) {
    EXPECT_TRUE(filter_of({exclude_rule(glob)}).excludes("", file, false)) << glob;
    EXPECT_FALSE(filter_of({exclude_rule(glob)}).excludes("", file + "x", false)) << glob;
    const Filter included = filter_of({"*", include_rule(glob)});
    EXPECT_FALSE(included.excludes("", file, false)) << glob;
    EXPECT_TRUE(included.excludes("", file + "x", false)) << glob;
  }
}

TEST(ExcludeRule, AnEmptyGlobMatchesNothing) {
  EXPECT_TRUE(filter_of({exclude_rule(""), include_rule("")}).empty());
}

}  // namespace
}  // namespace foldersync
