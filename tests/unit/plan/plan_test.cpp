#include "plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sample_plan.h"

namespace foldersync {
namespace {

TEST(Limit, IsWrittenAndReadAsANumberOrAPercentage) {
  for (const Limit limit : {Limit{0, false}, Limit{12, false}, Limit{0, true}, Limit{100, true},
                            Limit{18446744073709551615U, false}}) {
    EXPECT_EQ(parse_limit(to_string(limit)), limit) << to_string(limit);
  }
  EXPECT_EQ(to_string(Limit{50, true}), "50%");
  EXPECT_EQ(to_string(Limit{12, false}), "12");
}

TEST(Limit, HasOnlyOneSpelling) {
  for (const char* text : {"", "%", "-1", "+1", " 1", "1 ", "01", "1%%", "1 %", "1.5", "0x1",
                           "101%", "18446744073709551616", "one"}) {
    EXPECT_EQ(parse_limit(text), std::nullopt) << text;
  }
}

TEST(Summary, CountsEachActionByItsOpAndFinishesForThemselves) {
  Summary counted;
  for (const Action& action : test::small_plan().actions) count(action, counted);
  Summary expected;
  expected.create = 2;
  expected.update = 2;
  expected.move = 1;
  expected.link = 1;
  expected.metadata = 1;
  expected.remove = 1;
  expected.finish = 1;
  EXPECT_EQ(counted, expected);

  count(test::action_of(Phase::kMkdir, Op::kReplace, "a", {Reason::kType}), counted);
  EXPECT_EQ(counted.replace, 1U);
}

TEST(Plan, IsCompleteWhereNothingStayedUnread) {
  Plan plan;
  EXPECT_TRUE(plan.complete());
  plan.problems.push_back({});
  EXPECT_FALSE(plan.complete());
}

TEST(Plan, IsRefusedByAnyOneGuard) {
  Plan plan;
  EXPECT_FALSE(plan.refused());
  plan.guards = {{"a", "", 0, 0, false}, {"b", "", 0, 0, false}};
  EXPECT_FALSE(plan.refused());
  plan.guards[1].refused = true;
  EXPECT_TRUE(plan.refused());
}

TEST(Side, IsNamedAsInTheDocument) {
  EXPECT_STREQ(to_string(Side::kSource), "source");
  EXPECT_STREQ(to_string(Side::kReplica), "replica");
}

}  // namespace
}  // namespace foldersync
