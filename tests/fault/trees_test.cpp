// New directories that appear with all that they hold, and what comes of it where they can't.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "fault/mirror.h"
#include "fault/others.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::ElementsAre;

class NewDirectories : public MirrorTest, public testing::WithParamInterface<std::size_t> {
 protected:
  NewDirectories() {
    Tree tree{{"a", file("a")}, {"d", directory()}, {"d/e", directory()}, {"z", directory()}};
    for (int i = 0; i < 40; ++i) {
      const std::string name = "f" + std::to_string(i);
      tree["d/" + name] = file("in d: " + name);
      tree["d/e/" + name] = file("in e: " + name);
      tree["z/" + name] = file("in z: " + name);
    }
    plant_source(tree);
    plant_replica({});
    options_.durable = false;
    options_.threads = GetParam();
  }

  // The new names of all renames but those of markers, in their order.
  std::vector<std::string> renames() {
    FaultyFileSystem fs;
    std::vector<std::string> names;
    fs.intercept([&](const CallInfo& call) {
      const bool is_marker = call.names("DONE") || call.names("COMMIT");
      if (call.call == Call::kRename && !is_marker) names.emplace_back(call.new_name);
      return 0;
    });
    const MirrorRun made = run(fs, options_);
    EXPECT_TRUE(made.is_success()) << made.troubles();
    EXPECT_TRUE(made.has_reported_each_action_once());
    return names;
  }

  // A run in which `act` decides about each call.
  MirrorRun run_with(const Interceptor& act) {
    FaultyFileSystem fs;
    fs.intercept(act);
    MirrorRun made = run(fs, options_);
    EXPECT_TRUE(made.has_reported_each_action_once());
    return made;
  }

  MirrorOptions options_;
};

TEST_P(NewDirectories, AppearWithAllThatTheyHold) {
  EXPECT_THAT(renames(), ElementsAre("a", "d", "z"));
  expect_exact_copy();
}

TEST_P(NewDirectories, InManyWindowsAppearWithWhatIsStagedByThen) {
  options_.windows.actions = 30;
  // "a", "d" with "e" and a part of what that holds; the rest of it and of "d", one by one; "z"
  // with a part; the rest of it.
  EXPECT_EQ(renames().size(), 2U + (13 + 17) + (23 + 1) + 34);
  expect_exact_copy();
}

TEST_P(NewDirectories, InThePlaceOfSomethingElseTheyDoSoToo) {
  plant_replica({{"d", file("a file")}, {"z", symlink("d")}});
  EXPECT_THAT(renames(), ElementsAre("a", "d", "z"));
  expect_exact_copy();
}

// "d" can't come as a whole: what it holds comes by itself, and "e" with what that holds.
TEST_P(NewDirectories, ThatSomebodyElseMakesInTheLastMomentAreFilled) {
  std::vector<std::string> later;
  const MirrorRun made = run_with([&](const CallInfo& call) {
    if (call.call != Call::kRename) return 0;
    if (call.new_name == "d") {
      EXPECT_EQ(::mkdir(in_replica("d").c_str(), 0755), 0);
      save_over(in_replica("d/theirs"), kForeign);
    } else if (call.new_name.starts_with("f") || call.new_name == "e") {
      later.emplace_back(call.new_name);
    }
    return 0;
  });
  EXPECT_EQ(later.size(), 41U);
  EXPECT_THAT(contents_in(replica_), testing::Contains(kForeign));
  EXPECT_EQ(made.of("d/f1").outcome, Outcome::kOk);
  EXPECT_EQ(made.of("d/e/f1").outcome, Outcome::kOk);
  expect_converges(options_);
}

TEST_P(NewDirectories, ThatCanNotGetTheirNameLeaveNothingBehind) {
  const MirrorRun made = run_with([](const CallInfo& call) {
    return call.call == Call::kRename && call.new_name == "d" ? EACCES : 0;
  });
  EXPECT_EQ(made.of("d").outcome, Outcome::kError);
  EXPECT_EQ(made.of("d/f1").outcome, Outcome::kSkipped);
  EXPECT_EQ(made.of("z/f1").outcome, Outcome::kOk);
  EXPECT_FALSE(read_tree(replica_).contains(".sync-txn"));
  expect_converges(options_);
}

// As where case does not count, or a name is one that the file system does not take: there it is
// the rename that tells.
TEST_P(NewDirectories, WhatCanNotBeMadeInThemIsStagedBesideThem) {
  for (const int error_number : {EEXIST, EINVAL, ENAMETOOLONG}) {
    remove_tree(replica_);
    plant_replica({});
    std::set<std::string> renamed;
    const MirrorRun made = run_with([&](const CallInfo& call) {
      if (call.call == Call::kRename) renamed.emplace(call.new_name);
      const bool refused = call.call == Call::kCreateFile && call.name == "f7";
      return refused ? error_number : 0;
    });
    EXPECT_TRUE(made.is_success()) << made.troubles();
    EXPECT_THAT(renamed, testing::Contains("f7"));
    EXPECT_THAT(renamed, testing::Not(testing::Contains("f8")));
    expect_exact_copy();
  }
}

TEST_P(NewDirectories, ANameThatIsTakenInThemIsNotRemoved) {
  FaultyFileSystem fs;
  std::vector<std::string> removed;
  fs.intercept([&](const CallInfo& call) {
    if (call.call == Call::kRemoveFile) removed.emplace_back(call.name);
    return call.call == Call::kCreateFile && call.name == "f7" ? EEXIST : 0;
  });
  EXPECT_TRUE(run(fs, options_).is_success());
  EXPECT_THAT(removed, testing::Not(testing::Contains("f7")));
}

// What is made in such a directory would get its group, which is not the source's.
TEST_P(NewDirectories, ThatHandDownTheirGroupAppearEmpty) {
  ASSERT_EQ(::chmod(in_source("d").c_str(), 02755), 0);
  const std::vector<std::string> names = renames();
  EXPECT_EQ(names.size(), 1 + 1 + 1 + 40 + 1U);
  expect_exact_copy();
}

TEST_P(NewDirectories, AreTakenBackWithAllThatTheyHold) {
  options_.atomic = true;
  const Tree before = read_tree(replica_);
  const MirrorRun made = run_with([](const CallInfo& call) {
    return call.call == Call::kRename && call.new_name == "z" ? EIO : 0;
  });
  EXPECT_EQ(made.of("d/e/f1").outcome, Outcome::kRolledBack);
  EXPECT_EQ(read_tree(replica_), before);
  expect_converges(options_);
}

TEST_P(NewDirectories, ThatWereStagedAheadAreDroppedWithTheRun) {
  options_.windows.actions = 60;
  const MirrorRun broken = run_with([](const CallInfo& call) {
    return call.call == Call::kRename && call.new_name == "DONE" ? EIO : 0;
  });
  EXPECT_TRUE(broken.error);
  const MirrorRun second = run(options_);
  EXPECT_TRUE(second.is_success()) << second.troubles();
  EXPECT_FALSE(second.conflicts);
  expect_exact_copy();
}

INSTANTIATE_TEST_SUITE_P(OnThreads, NewDirectories, testing::Values(1U, 4U));

}  // namespace
}  // namespace foldersync
