#include "apply/steps/purge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "apply/stage/window_limits.h"
#include "fs/posix_file_system.h"
#include "support/disk_tree.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A folder with 2,000 files and 20 directories that are to go, of which two are filled.
class PurgeTest : public testing::Test {
 protected:
  PurgeTest() {
    Tree tree{{".", directory()}};
    for (int i = 0; i < 2000; ++i) tree["f" + std::to_string(i)] = file("x");
    for (int i = 0; i < 20; ++i) tree["d" + std::to_string(i)] = directory();
    tree["d3/theirs"] = file("theirs");
    tree["d17/theirs"] = file("theirs");
    plant(tree, folder_);
    fd_ = std::move(*fs_.open_root(folder_.c_str()));
    for (const auto& [path, entry] : tree) {
      if (path != "." && path.find('/') == std::string::npos)
        gone_.push_back({{fd_.get(), path}, path.front() == 'd'});
    }
  }

  Purged run(std::size_t threads, const std::atomic<bool>* stop = nullptr) {
    const WindUp wind_up(stop, limits_.wind_up_seconds, limits_.clock);
    return purge({fs_, gone_, trees_, threads, wind_up});
  }

  ScratchFolder scratch_;
  std::string folder_ = scratch_ / "folder";
  FileSystem& fs_ = posix_file_system();
  Fd fd_;
  std::vector<Discarded> gone_;
  std::vector<DoomedTree> trees_;
  WindowLimits limits_;
};

std::vector<std::string> paths_in(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& [path, entry] : read_tree(folder)) {
    if (path != ".") paths.push_back(path);
  }
  return paths;
}

TEST_F(PurgeTest, RemovesEverythingButWhatOthersHaveFilled) {
  for (const std::size_t threads : {std::size_t{1}, std::size_t{4}}) {
    SCOPED_TRACE(threads);
    const Purged purged = run(threads);
    EXPECT_TRUE(purged.is_complete);
    std::vector<std::string> filled;
    for (const Place& one : purged.filled) filled.push_back(one.name);
    EXPECT_THAT(filled, testing::UnorderedElementsAre("d17", "d3"));
    EXPECT_THAT(paths_in(folder_), ElementsAre("d17", "d17/theirs", "d3", "d3/theirs"));
  }
}

TEST_F(PurgeTest, ToldToStopItLeavesTheRestWhenItsTimeIsUp) {
  limits_.wind_up_seconds = 0;
  const std::atomic<bool> stop{true};
  EXPECT_FALSE(run(4, &stop).is_complete);
  EXPECT_EQ(paths_in(folder_).size(), 2022U);
}

TEST_F(PurgeTest, ToldToStopItStillDoesWhatTakesLittleTime) {
  limits_.clock = [] { return 0.0; };
  const std::atomic<bool> stop{true};
  EXPECT_TRUE(run(4, &stop).is_complete);
  EXPECT_EQ(paths_in(folder_).size(), 4U);
}

TEST_F(PurgeTest, WhereThereIsNothingItIsDone) {
  gone_.clear();
  const Purged purged = run(4);
  EXPECT_TRUE(purged.is_complete);
  EXPECT_THAT(purged.filled, IsEmpty());
}

}  // namespace
}  // namespace foldersync
