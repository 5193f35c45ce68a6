#include "scan/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class InventoryTest : public testing::Test {
 protected:
  InventoryTest() {
    visitor_.admits = [](std::string_view, std::string_view, const FileStatus&) { return true; };
    visitor_.visit = [this](const InventoryEntry& entry) {
      visited_.push_back(entry.path.shown());
      // Where it lies is open: the entry can be looked at there.
      const std::string name = entry.path.is_root() ? "." : std::string(entry.path.name());
      const auto again = entry.directory->status(name.c_str());
      EXPECT_TRUE(again.ok() && same_object(*again, entry.status)) << entry.path.shown();
      return success();
    };
    visitor_.listed = [](const RelPath&, const DirectoryNames&) {};
    visitor_.problem = [this](const RelPath& path, const Error& error) {
      problems_.push_back(path.shown() + " " + std::to_string(error.error_number));
    };
  }

  Status take(const Tree& tree) {
    plant(tree, scratch_ / "tree");
    const auto root = open_root(fs_, scratch_ / "tree", "source");
    EXPECT_TRUE(root.ok());
    return take_inventory(tree_of(*root), root->status, visitor_);
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  FileSystem& plain_ = posix_file_system();
  InventoryVisitor visitor_;
  std::vector<std::string> visited_;
  std::vector<std::string> problems_;
};

TEST_F(InventoryTest, TellsWhatADirectoryHoldsBeforeAnyOfItIsVisited) {
  std::vector<std::string> told;
  visitor_.listed = [&](const RelPath& path, const DirectoryNames& names) {
    told.push_back(path.shown() + " " + std::to_string(names.size()));
    EXPECT_EQ(visited_.back(), path.shown());
  };
  ASSERT_TRUE(take({{".", directory()}, {"a", directory()}, {"a/x", file("")}, {"b", file("")}}));
  EXPECT_THAT(told, ElementsAre(". 2", "a 1"));
}

TEST_F(InventoryTest, VisitsTheRootFirstAndEverythingInPathOrder) {
  ASSERT_TRUE(take({{".", directory()},
                    {"a", directory()},
                    {"a/x", file("")},
                    {"a/x.d", directory()},
                    {"a/x.d/y", file("")},
                    {"a-b", file("")},
                    {"a.b", directory()},
                    {"b", symlink("a")}})
                  .ok());
  EXPECT_THAT(visited_, ElementsAre(".", "a", "a/x", "a/x.d", "a/x.d/y", "a-b", "a.b", "b"));
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(InventoryTest, WhatIsNotAdmittedIsNotEntered) {
  visitor_.admits = [](std::string_view directory, std::string_view name, const FileStatus&) {
    return name != "out" && directory != "out";
  };
  ASSERT_TRUE(
      take({{".", directory()}, {"in", file("")}, {"out", directory()}, {"out/x", file("")}}).ok());
  EXPECT_THAT(visited_, ElementsAre(".", "in"));
}

TEST_F(InventoryTest, WhatCannotBeReadIsAProblemAndTheRestIsVisited) {
  fs_.intercept([](const CallInfo& info) {
    if (info.call == Call::kOpenDirectory && info.name == "closed") return EACCES;
    return info.call == Call::kStatusAt && info.name == "unknown" ? EIO : 0;
  });
  ASSERT_TRUE(take({{".", directory()},
                    {"closed", directory()},
                    {"closed/x", file("")},
                    {"open", file("")},
                    {"unknown", file("")}})
                  .ok());
  EXPECT_THAT(visited_, ElementsAre(".", "closed", "open"));
  EXPECT_THAT(problems_,
              ElementsAre("closed " + std::to_string(EACCES), "unknown " + std::to_string(EIO)));
}

TEST_F(InventoryTest, AnErrorOfTheVisitorEndsIt) {
  visitor_.visit = [this](const InventoryEntry& entry) -> Status {
    visited_.push_back(entry.path.shown());
    if (entry.path.shown() == "b") return system_error("write", ENOSPC);
    return success();
  };
  const Status taken =
      take({{".", directory()}, {"a", file("")}, {"b", file("")}, {"c", file("")}});
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().error_number, ENOSPC);
  EXPECT_THAT(visited_, ElementsAre(".", "a", "b"));
}

TEST_F(InventoryTest, ToldToStopItStops) {
  std::atomic<bool> stop{false};
  visitor_.stop = &stop;
  visitor_.visit = [&](const InventoryEntry& entry) {
    visited_.push_back(entry.path.shown());
    stop = entry.path.shown() == "a";
    return success();
  };
  const Status taken = take({{".", directory()}, {"a", file("")}, {"b", file("")}});
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code, ErrorCode::kStopped);
  EXPECT_THAT(visited_, ElementsAre(".", "a"));
}

TEST_F(InventoryTest, ATreeCanBeTakenTwiceThroughTheSameRoot) {
  plant({{".", directory()}, {"a", file("")}}, scratch_ / "tree");
  const auto root = open_root(fs_, scratch_ / "tree", "source");
  ASSERT_TRUE(take_inventory(tree_of(*root), root->status, visitor_).ok());
  ASSERT_TRUE(take_inventory(tree_of(*root), root->status, visitor_).ok());
  EXPECT_THAT(visited_, ElementsAre(".", "a", ".", "a"));
}

TEST_F(InventoryTest, ADirectoryThatBecomesALinkIsNotFollowed) {
  fs_.intercept(act_before(Call::kOpenDirectory, "d", [&] {
    ASSERT_EQ(::rename((scratch_ / "tree/d").c_str(), (scratch_ / "moved").c_str()), 0);
    ASSERT_EQ(::symlink("../moved", (scratch_ / "tree/d").c_str()), 0);
  }));
  ASSERT_TRUE(take({{".", directory()}, {"d", directory()}, {"d/x", file("")}}).ok());
  EXPECT_THAT(visited_, ElementsAre(".", "d"));
  EXPECT_EQ(problems_.size(), 1U);
}

}  // namespace
}  // namespace foldersync
