#include "fs/wind_up.h"

#include <gtest/gtest.h>

#include <atomic>

namespace foldersync {
namespace {

double now = 0;

TEST(WindUp, IsOverTheGivenTimeAfterItIsFirstAskedOnceTold) {
  std::atomic<bool> stop{false};
  const WindUp wind_up(&stop, 0.5, [] { return now; });
  now = 100;
  EXPECT_FALSE(wind_up.is_over());
  stop = true;
  now = 200;
  EXPECT_FALSE(wind_up.is_over());
  now = 200.4;
  EXPECT_TRUE(wind_up.heed("test").ok());
  EXPECT_EQ(wind_up.at_once(), nullptr);
  now = 200.5;
  EXPECT_TRUE(wind_up.is_over());
  EXPECT_EQ(wind_up.heed("test").error().code, ErrorCode::kStopped);
  EXPECT_EQ(wind_up.at_once(), &stop);
}

TEST(WindUp, WithoutTimeItIsOverAtOnce) {
  std::atomic<bool> stop{false};
  const WindUp wind_up(&stop, 0, [] { return now; });
  EXPECT_FALSE(wind_up.is_over());
  EXPECT_EQ(wind_up.at_once(), &stop);
  stop = true;
  EXPECT_TRUE(wind_up.is_over());
}

TEST(WindUp, WhereNobodyTellsItIsNeverOver) {
  const WindUp wind_up(nullptr, 0);
  EXPECT_FALSE(wind_up.is_over());
  EXPECT_TRUE(wind_up.heed("test").ok());
}

}  // namespace
}  // namespace foldersync
