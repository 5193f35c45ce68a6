#include "plan/what_is_left.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <set>

namespace foldersync {
namespace {

TEST(WhatIsLeft, IsAllAtFirst) {
  WhatIsLeft left(3);
  for (std::size_t at = 0; at <= 3; ++at) EXPECT_EQ(left.from(at), at);
}

TEST(WhatIsLeft, EndsWithTheCountWhereNothingIs) {
  WhatIsLeft left(2);
  left.drop(1);
  EXPECT_EQ(left.from(1), 2U);
  left.drop(0);
  EXPECT_EQ(left.from(0), 2U);
  EXPECT_EQ(WhatIsLeft(0).from(0), 0U);
}

TEST(WhatIsLeft, IsThatWhichWasNotDroppedInWhateverOrder) {
  constexpr std::size_t kCount = 101;
  WhatIsLeft left(kCount);
  std::set<std::size_t> expected;
  for (std::size_t at = 0; at <= kCount; ++at) expected.insert(at);
  for (std::size_t step = 0; step < kCount; ++step) {
    const std::size_t at = step * 37 % kCount;
    left.drop(at);
    expected.erase(at);
    for (std::size_t from = 0; from <= kCount; ++from)
      ASSERT_EQ(left.from(from), *expected.lower_bound(from));
  }
}

}  // namespace
}  // namespace foldersync
