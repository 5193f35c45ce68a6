#include "cli/console/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace foldersync {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Describe, AnErrorHasOperationPathDetailAndReason) {
  EXPECT_EQ(describe(Error{ErrorCode::kSystem, "open", "private/key", EACCES, ""}),
            "open 'private/key': Permission denied (EACCES)");
  EXPECT_EQ(describe(Error{ErrorCode::kRefused, "open", "a", ENOENT, "the source does not exist"}),
            "open 'a': the source does not exist: No such file or directory (ENOENT)");
  EXPECT_EQ(describe(Error{ErrorCode::kChanged, "read", "", 0, "it changed"}), "read: it changed");
}

TEST(Describe, HostileNamesAreEscapedWhereverTheyStand) {
  const std::string hostile = "a\n2026 INFO forged\033[31m\xFF\x9B\xE2\x80\xAE";
  const std::string line =
      describe(Error{ErrorCode::kSystem, "open", hostile, EIO, "'" + hostile + "' is odd"});
  for (const char byte : line) {
    EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F) << line;
  }
  EXPECT_THAT(line, Not(HasSubstr("\xE2\x80\xAE")));
  EXPECT_THAT(line, HasSubstr("a\\x0a2026"));
}

TEST(Describe, AProblemNamesItsTree) {
  EXPECT_EQ(describe(Problem{Side::kSource, RelPath("a/b"), EACCES, "open"}),
            "open 'a/b' in the source: Permission denied (EACCES)");
  EXPECT_THAT(describe(Problem{Side::kReplica, RelPath(), EIO, "getdents"}),
              HasSubstr("'.' in the replica"));
  EXPECT_THAT(describe(Problem{Side::kReplica, RelPath("m"), EXDEV, "enter mount"}),
              HasSubstr("--cross-mounts"));
  EXPECT_THAT(describe(Problem{Side::kSource, RelPath("a\nb"), EIO, "open"}), Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace foldersync
