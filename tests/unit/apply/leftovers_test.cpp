#include "apply/recovery/leftovers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
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
    return clear_leftovers(replica, keys_, found, stop_);
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  test::KeptKeys keys_;
  std::atomic<bool> stop_{false};
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

TEST_F(LeftoversTest, OneThatCanNotBeLookedAtKeepsTheOthersFromNothing) {
  for (const Call call : {Call::kIncarnation, Call::kRemoveFile}) {
    plant({{".", directory()}, {"d", directory()}, {"d/.sync-txn", directory()}}, scratch_ / "r");
    const Root replica = open_root(fs_, scratch_ / "r", "replica").value();
    const Root home = open_root(fs_, scratch_ / "r/d", "replica").value();
    keys_.add(replica.identity, test::hand_made_key());
    test::prove(home.fd.get(), "d", replica.identity);
    FaultyFileSystem failing;
    failing.intercept(fail_all(call, EIO));
    const Root failed = open_root(failing, scratch_ / "r", "replica").value();
    const auto found = clear_leftovers(failed, keys_, {RelPath("d/.sync-txn")}, stop_);
    ASSERT_TRUE(found.ok()) << to_string(call);
    const bool is_known = call == Call::kRemoveFile;
    EXPECT_EQ(found->stuck.size(), is_known ? 1U : 0U);
    EXPECT_EQ(found->unproven.size(), is_known ? 0U : 1U);
    remove_tree(scratch_ / "r");
  }
}

}  // namespace
}  // namespace foldersync
