#include "filter/rule_advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filter/rule_text.h"

namespace foldersync {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<RuleAdvice> advice(const std::vector<std::string>& rules) {
  return advice_on(rules, "/home/ann/photos");
}

TEST(RuleAdvice, SaysNothingOfRulesThatCanMatch) {
  EXPECT_THAT(advice({"*.o", "!keep.o", "/build/", "a/**/b", "-x", "+", "[ab]", "/home/ann/music",
                      "\\!x", "a b", "...", "# a comment", "", "*"}),
              SizeIs(1));  // "" is no rule, and --exclude '' is one that is empty
  EXPECT_THAT(advice({"/home/ann/photos2"}), IsEmpty());
  EXPECT_THAT(advice_on({"/home"}, "/"), IsEmpty());
}

TEST(RuleAdvice, TellsWhatToWriteInPlaceOfARuleThatMatchesNothing) {
  struct Case {
    const char* rule;
    const char* said;
  };
  for (const Case& wrong :
       {Case{"", "it is empty"}, Case{"/", "it is empty"}, Case{"!", "it is empty"},
        Case{"- *.o", "rsync's"}, Case{"+ /x/", "rsync's"}, Case{"./x", "write \"/x\""},
        Case{"/home/ann/photos/raw", "write \"/raw\""}, Case{"/home/ann/photos", "write \"/\""},
        Case{"a/../b", "without"}, Case{"a//b", "without"}, Case{"a/./b", "without"},
        Case{"[ab", "bracket"}, Case{"a\\", "backslash"}, Case{"![ab/", "bracket"}}) {
    const auto found = advice({"x", wrong.rule});
    ASSERT_THAT(found, SizeIs(1)) << wrong.rule;
    EXPECT_EQ(1U, found[0].index);
    EXPECT_THAT(found[0].text, HasSubstr(wrong.said)) << wrong.rule;
  }
  EXPECT_THAT(advice({exclude_rule("")}), SizeIs(1));
}

TEST(RuleAdvice, AnIncludeBeforeAnyExcludeChangesNothing) {
  ASSERT_THAT(advice({"!a", "b", "!c"}), SizeIs(1));
  EXPECT_EQ(0U, advice({"!a", "b"})[0].index);
}

}  // namespace
}  // namespace foldersync
