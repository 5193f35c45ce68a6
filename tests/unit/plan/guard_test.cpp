#include "plan/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace foldersync {
namespace {

using ::testing::HasSubstr;

Guard guard(std::uint64_t deleted, std::uint64_t of, const char* limit) {
  Plan plan;
  plan.summary.remove = deleted;
  return max_delete_guard(plan, *parse_limit(limit), of);
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
  EXPECT_TRUE(guard(500'001, 1'000'000, "50%").refused);
}

TEST(MaxDelete, OfAHundredPercentRefusesNothing) {
  EXPECT_FALSE(guard(3, 3, "100%").refused);
  EXPECT_FALSE(guard(0, 0, "100%").refused);
}

TEST(MaxDelete, SaysItsFigures) {
  EXPECT_EQ(guard(7, 9, "50%"), (Guard{"max-delete", "50%", 7, 9, true}));
  EXPECT_EQ(guard(7, 9, "8"), (Guard{"max-delete", "8", 7, 9, false}));
}

TEST(MaxDelete, ExplainsARefusalWithItsFiguresAndTheOption) {
  const std::string text = explain(guard(1'234, 9'999, "10%"));
  for (const char* const part : {"1,234", "9,999", "10%", "--max-delete"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

}  // namespace
}  // namespace foldersync
