#include "cli/values/moment.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace foldersync {
namespace {

const FileTime kNow{1'764'559'215, 5};

class Moment : public testing::Test {
 protected:
  Moment() {
    ::setenv("TZ", "XYZ-2", 1);  // two hours before UTC
    ::tzset();
  }
  ~Moment() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

TEST_F(Moment, IsByTheLocalClocks) {
  EXPECT_EQ(parse_moment("2025-12-01 05:20:15", kNow), (FileTime{1'764'559'215, 0}));
  EXPECT_EQ(parse_moment("2025-12-01T05:20", kNow), (FileTime{1'764'559'200, 0}));
  EXPECT_EQ(parse_moment("2025-12-01", kNow), (FileTime{1'764'540'000, 0}));
  EXPECT_EQ(local_text({1'764'559'215, 9}), "2025-12-01 05:20:15");
}

TEST_F(Moment, IsInUtcWithAZ) {
  EXPECT_EQ(parse_moment("2025-12-01T03:20:15Z", kNow), (FileTime{1'764'559'215, 0}));
  EXPECT_EQ(parse_moment("2025-12-01Z", kNow), (FileTime{1'764'547'200, 0}));
}

TEST_F(Moment, IsSoLongAgo) {
  EXPECT_EQ(parse_moment("2d", kNow), (FileTime{kNow.seconds - 172'800, 5}));
  EXPECT_EQ(parse_moment("1h30m", kNow), (FileTime{kNow.seconds - 5400, 5}));
  EXPECT_EQ(parse_moment("0s", kNow), kNow);
}

TEST_F(Moment, IsNothingElse) {
  for (const char* wrong :
       {"", "Z", "yesterday", "90", "2025-13-01", "2025-12-01 24:00", "2025-12-01T", "2025-12-1",
        "2025-12-01T03.20.15.123Z-89abcdef", "-2d", "2025-12-01x03:20", "2d ago"}) {
    EXPECT_FALSE(parse_moment(wrong, kNow)) << wrong;
  }
}

}  // namespace
}  // namespace foldersync
