// What is done on all threads is done and told like on one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "fault/mirror.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

class OnAllThreads : public MirrorTest {
 protected:
  OnAllThreads() {
    options_.threads = 4;
    options_.durable = false;
  }

  // So many files in directories of a hundred, in `top`.
  static Tree files(const std::string& top, int count, std::int64_t seconds) {
    Tree tree{{".", directory()}, {top, directory()}};
    for (int i = 0; i < count; ++i) {
      const std::string folder = top + "/" + std::to_string(i / 100);
      tree[folder] = directory();
      tree[folder + "/" + std::to_string(i)] = file("content").at(seconds);
    }
    return tree;
  }

  MirrorOptions options_;
};

TEST_F(OnAllThreads, ADirectoryIsLookedThroughAndRemoved) {
  plant_source({{".", directory()}});
  plant_replica(files("gone", 1500, 1000));
  const MirrorRun made = run(options_);
  EXPECT_TRUE(made.is_success()) << made.troubles();
  EXPECT_TRUE(made.has_reported_each_action_once());
  expect_exact_copy();
}

TEST_F(OnAllThreads, MetadataChangesInPlaceAndIsToldInTheOrderOfThePlan) {
  plant_source(files("d", 500, 2000));
  plant_replica(files("d", 500, 1000));
  FaultyFileSystem fs;
  fs.intercept([](const CallInfo& call) {
    return call.call == Call::kOpenEntry && call.name == "250" ? EIO : 0;
  });
  const MirrorRun made = run(fs, options_);
  EXPECT_TRUE(made.has_reported_each_action_once());
  EXPECT_EQ(made.of("d/2/250").outcome, Outcome::kError);
  std::vector<RelPath> told;
  for (const Said& said : made.said) {
    if (said.path.find("d/2/") != 0) continue;
    EXPECT_EQ(said.outcome == Outcome::kOk, said.path != "d/2/250") << said.path;
    told.emplace_back(said.path);
  }
  EXPECT_EQ(told.size(), 100U);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  expect_converges(options_);
}

}  // namespace
}  // namespace foldersync
