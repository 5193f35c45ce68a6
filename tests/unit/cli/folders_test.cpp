#include "cli/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "unit/cli/pair_of_folders.h"

namespace foldersync {
namespace {

using testing::ElementsAre;

TEST(AbsoluteName, IsMadeWithoutLookingAtTheFileSystem) {
  EXPECT_EQ(absolute_name("/a/b"), "/a/b");
  const std::string here = std::filesystem::current_path().native();
  EXPECT_EQ(absolute_name("no/such/thing"), here + "/no/such/thing");
}

class FoldersTest : public PairOfFolders {};

TEST_F(FoldersTest, OwnFilesInTheReplicaAreRefusedByAnyName) {
  const Roots pair = roots();
  for (const std::string name : {"replica/log.txt", "into-replica/log.txt", "replica/new/log.txt",
                                 "source/../replica/log.txt"}) {
    const auto placed = place_own_files(fs_, pair, {scratch_ / name});
    ASSERT_FALSE(placed.ok()) << name;
    EXPECT_EQ(placed.error().code, ErrorCode::kRefused) << name;
  }
}

TEST_F(FoldersTest, OwnFilesInTheSourceAreFoundBelowIt) {
  const auto placed = place_own_files(
      fs_, roots(),
      {scratch_ / "source/sub/log.txt", scratch_ / "elsewhere", scratch_ / "source/state", ""});
  EXPECT_THAT(placed.value(), ElementsAre("state", "sub/log.txt"));
}

}  // namespace
}  // namespace foldersync
