#include "core/token_bucket.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

TEST(TokenBucket, ATenthOfASecondIsThereAtOnceAndTheRestIsWaitedFor) {
  TokenBucket bucket(1000, 50);
  EXPECT_DOUBLE_EQ(bucket.take(100, 50), 0);
  EXPECT_DOUBLE_EQ(bucket.take(500, 50), 0.5);
}

TEST(TokenBucket, WhoeverComesNextWaitsForThoseBeforeAsWell) {
  TokenBucket bucket(1000, 50);
  bucket.take(1100, 50);
  EXPECT_DOUBLE_EQ(bucket.take(500, 50), 1.5);
  EXPECT_DOUBLE_EQ(bucket.take(500, 51), 1);
}

TEST(TokenBucket, WhoWaitedAsToldIsAtTheRate) {
  TokenBucket bucket(1000, 0);
  double now = 0;
  for (int i = 0; i < 100; ++i) now += bucket.take(300, now);
  EXPECT_NEAR(now, (100 * 300 - 100) / 1000.0, 1e-9);
}

TEST(TokenBucket, APauseIsNotSavedUp) {
  TokenBucket bucket(1000, 0);
  bucket.take(100, 0);
  EXPECT_DOUBLE_EQ(bucket.take(200, 1000), 0.1);
}

TEST(TokenBucket, AClockThatGoesBackGivesNothing) {
  TokenBucket bucket(1000, 50);
  bucket.take(100, 50);
  EXPECT_DOUBLE_EQ(bucket.take(100, 40), 0.1);
  EXPECT_DOUBLE_EQ(bucket.take(0, 50), 0.1);
}

}  // namespace
}  // namespace foldersync
