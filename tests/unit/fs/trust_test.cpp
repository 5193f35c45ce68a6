#include "fs/trust.h"

#include <gtest/gtest.h>

namespace foldersync {
namespace {

constexpr std::uint32_t kCaller = 1000;
constexpr std::uint32_t kOther = 1001;
constexpr std::uint32_t kOwnGroup = 1000;
constexpr std::uint32_t kStaff = 50;

FileStatus owned(std::uint32_t uid, std::uint32_t mode = 0755, std::uint32_t gid = kStaff) {
  FileStatus status;
  status.type = FileType::kDirectory;
  status.uid = uid;
  status.gid = gid;
  status.mode = mode;
  return status;
}

bool exchanged(const FileStatus& folder, const FileStatus& entry) {
  return others_exchange(folder, entry, {kCaller, {}}, [](std::uint32_t gid, std::uint32_t uid) {
    return gid == kOwnGroup && uid == kCaller;
  });
}

TEST(OthersExchange, ANameInAFolderOfOursThatNobodyElseWritesIsSafe) {
  for (const std::uint32_t uid : {0U, kCaller}) {
    EXPECT_FALSE(exchanged(owned(uid), owned(kCaller))) << uid;
    EXPECT_FALSE(exchanged(owned(uid), owned(kOther))) << uid;
  }
}

TEST(OthersExchange, WhoOwnsTheFolderExchangesAllInIt) {
  EXPECT_TRUE(exchanged(owned(kOther), owned(0)));
  EXPECT_TRUE(exchanged(owned(kOther, 01777), owned(0)));
  EXPECT_TRUE(exchanged(owned(kOther, 0500), owned(0)));
}

TEST(OthersExchange, WhoeverMayWriteInAFolderExchangesUnlessItIsSticky) {
  EXPECT_TRUE(exchanged(owned(0, 0777), owned(kCaller)));
  EXPECT_TRUE(exchanged(owned(0, 0775), owned(kCaller)));
  for (const std::uint32_t uid : {0U, kCaller})
    EXPECT_FALSE(exchanged(owned(0, 01777), owned(uid)));
  EXPECT_TRUE(exchanged(owned(0, 01777), owned(kOther)));
  EXPECT_FALSE(exchanged(owned(0, 01775), owned(kCaller)));
}

TEST(OthersExchange, APrivateGroupIsNobodyElse) {
  EXPECT_FALSE(exchanged(owned(kCaller, 02775, kOwnGroup), owned(kCaller)));
  EXPECT_FALSE(exchanged(owned(0, 0775, kOwnGroup), owned(kCaller)));
  EXPECT_TRUE(exchanged(owned(kCaller, 0777, kOwnGroup), owned(kCaller)));
  EXPECT_TRUE(exchanged(owned(kCaller, 0775, kStaff), owned(kCaller)));
}

TEST(OthersExchange, WhoIsNotKnownInThisNamespaceCountsAsRootWhereTheTopIsTheirs) {
  const Trusted trusted{kCaller, 65534};
  EXPECT_TRUE(trusted.has(65534));
  EXPECT_FALSE((Trusted{kCaller, {}}.has(65534)));
}

TEST(Unmapped, IsTheOverflowUserWhereTheMapLacksIt) {
  EXPECT_TRUE(is_unmapped(65534, "         0       1000          1\n", 65534));
  EXPECT_TRUE(is_unmapped(65534, "0 1000 1\n1 100000 65533\n", 65534));
  EXPECT_FALSE(is_unmapped(65534, "0 1000 1\n1 100000 65534\n", 65534));
  EXPECT_FALSE(is_unmapped(65534, "0 0 4294967295\n", 65534));
  EXPECT_FALSE(is_unmapped(1001, "0 1000 1\n", 65534));
  EXPECT_FALSE(is_unmapped(65534, "", 65534)) << "nothing is known";
}

TEST(PrivateGroup, IsTheOneOfTheUsersName) {
  EXPECT_TRUE(is_private_group(0, 0));
  EXPECT_FALSE(is_private_group(0, 4242424));
  EXPECT_FALSE(is_private_group(4242424, 0));
}

}  // namespace
}  // namespace foldersync
