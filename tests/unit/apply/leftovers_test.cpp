#include "apply/recovery/leftovers.h"

#include <gtest/gtest.h>

#include <string>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"
#include "support/kept_keys.h"

namespace foldersync {
namespace {

class LeftoversTest : public testing::Test {
 protected:
  Result<Leftovers> clear(const std::vector<std::string>& paths) {
    const Root replica = open_root(fs_, scratch_.path(), "replica").value();
    std::vector<RelPath> found;
    for (const std::string& path : paths) found.emplace_back(path);
    return clear_leftovers(fs_, replica, keys_, found);
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  test::KeptKeys keys_;
};

TEST_F(LeftoversTest, ADirectoryThatIsGoneSinceTheWalkKeepsNobodyWaiting) {
  plant({{"d", directory()}, {"d/.sync-txn", directory()}}, scratch_.path());
  const auto found = clear({"a/.sync-txn", "d/.sync-txn"});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->unproven.size(), 1U);
  EXPECT_EQ(found->unproven[0].path, RelPath("d/.sync-txn"));
}

TEST_F(LeftoversTest, ManyFoldersOfOthersAreNoMoreToCountThanOne) {
  plant({{"a", directory()}, {"b", directory()}}, scratch_.path());
  for (const std::string home : {"a", "b"}) {
    plant({{home + "/.sync-txn", directory()}}, scratch_.path());
    for (int number = 0; number < 6000; ++number) {
      write_file(scratch_ / (home + "/.sync-txn/" + std::to_string(number)), "");
    }
  }
  const auto found = clear({"a/.sync-txn", "b/.sync-txn"});
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->unproven[0].is_counted);
  EXPECT_FALSE(found->unproven[1].is_counted);
  EXPECT_EQ(found->unproven[0].entries + found->unproven[1].entries, 10'000U);
}

}  // namespace
}  // namespace foldersync
