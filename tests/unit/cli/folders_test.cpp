#include "cli/values/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

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

TEST_F(FoldersTest, OwnFilesYetToBeMadeInTheSourceAreFoundBelowIt) {
  const auto placed = place_own_files(fs_, roots(), {scratch_ / "source/sub/new/state"});
  EXPECT_THAT(placed.value(), ElementsAre("sub/new/state"));
}

TEST_F(FoldersTest, ALinkOfTheCallersOwnLeadsIntoTheSource) {
  std::filesystem::create_directory_symlink("source/sub", scratch_ / "mine");
  const auto placed = place_own_files(fs_, roots(), {scratch_ / "mine/log.txt"});
  EXPECT_THAT(placed.value(), ElementsAre("sub/log.txt"));
}

// Who owns a folder on the way to the log would decide what is not mirrored.
TEST_F(FoldersTest, WhatALinkOfSomebodyElseLeadsToIsNotLeftOut) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has links of others";
  std::filesystem::create_directory_symlink("source/sub", scratch_ / "theirs");
  ASSERT_EQ(::lchown((scratch_ / "theirs").c_str(), 1001, 1001), 0);
  Roots pair = roots();
  pair.replica.reset();  // which would refuse such a way
  for (const std::string name : {"theirs/log.txt", "theirs"}) {
    const auto placed = place_own_files(fs_, pair, {scratch_ / name});
    ASSERT_TRUE(placed.ok()) << placed.error().detail;
    EXPECT_THAT(*placed, testing::IsEmpty()) << name;
  }
}

}  // namespace
}  // namespace foldersync
