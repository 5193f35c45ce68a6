#include "core/heeding_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace foldersync {
namespace {

std::vector<int> shuffled(int count) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(static_cast<int>((i * 7919LL) % count));
  return numbers;
}

TEST(HeedingSort, SortsFewAndMany) {
  for (const int count : {0, 1, 1000, 100'003}) {
    std::vector<int> numbers = shuffled(count);
    ASSERT_TRUE(sort_heeding(numbers, std::less<>(), [] { return success(); }).ok());
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end())) << count;
    EXPECT_EQ(numbers.size(), static_cast<std::size_t>(count));
  }
}

TEST(HeedingSort, EndsSoonAfterItIsTold) {
  std::vector<int> numbers = shuffled(100'003);
  std::size_t compared = 0;
  int asked = 0;
  const Status sorted = sort_heeding(
      numbers,
      [&](int a, int b) {
        ++compared;
        return a < b;
      },
      [&]() -> Status {
        return ++asked < 3 ? success() : Status(Error{ErrorCode::kStopped, "sort", {}, 0, {}});
      });
  ASSERT_FALSE(sorted.ok());
  EXPECT_EQ(sorted.error().code, ErrorCode::kStopped);
  EXPECT_LT(compared, 50'000U);
}

}  // namespace
}  // namespace foldersync
