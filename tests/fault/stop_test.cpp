// A run that is told to stop: what it still does, and what it leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "fault/mirror.h"
#include "fs/posix_file_system.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;

class Stopped : public MirrorTest {
 protected:
  Stopped() {
    plant_source({{"a", file("new a")}, {"b", file("new b")}, {"c", file("c")}});
    plant_replica({{"a", file("the old a")}, {"b", file("the old b")}, {"x", file("x")}});
    options_.stop = &stop_;
    options_.durable = false;
    options_.windows.wind_up_seconds = 1'000;
  }

  // Runs, and is told to stop before the first call that `when` holds for.
  MirrorRun stopped_before(std::function<bool(const CallInfo&)> when) {
    fs_.intercept(act_before(std::move(when), [this] { stop_ = true; }));
    MirrorRun stopped = run(fs_, options_);
    EXPECT_TRUE(stop_);
    EXPECT_TRUE(stopped.has_reported_each_action_once());
    return stopped;
  }

  void expect_next_run_converges() {
    stop_ = false;
    expect_converges(options_);
  }

  [[nodiscard]] bool leaves_staging() const {
    return read_tree(replica_).contains(std::string(kStagingName));
  }

  std::atomic<bool> stop_{false};
  FaultyFileSystem fs_;
  MirrorOptions options_;
};

TEST_F(Stopped, WhileItStagesNothingIsChangedAndNothingIsLeft) {
  const Tree before = read_tree(replica_);
  const MirrorRun stopped = stopped_before(
      [](const CallInfo& call) { return call.call == Call::kCreateFile && call.names("2"); });
  for (const Said& said : stopped.said) EXPECT_EQ(said.outcome, Outcome::kSkipped) << said.path;
  EXPECT_EQ(tree_differences(before, read_tree(replica_)), std::vector<std::string>());
  expect_next_run_converges();
}

TEST_F(Stopped, BetweenRenamesTheRestIsSkipped) {
  const MirrorRun stopped = stopped_before(
      [](const CallInfo& call) { return call.call == Call::kRename && call.names("a"); });
  EXPECT_EQ(stopped.of("a").outcome, Outcome::kOk);
  EXPECT_EQ(stopped.of("b").outcome, Outcome::kSkipped);
  EXPECT_EQ(bytes_of(in_replica("a")), "new a");
  EXPECT_EQ(bytes_of(in_replica("b")), "the old b");
  expect_next_run_converges();
}

TEST_F(Stopped, WhatCameWithItsDirectoryIsDone) {
  plant_source({{"n", directory()}, {"n/f", file("new")}});
  const MirrorRun stopped = stopped_before(
      [](const CallInfo& call) { return call.call == Call::kRename && call.names("n"); });
  EXPECT_EQ(bytes_of(in_replica("n/f")), "new");
  EXPECT_EQ(stopped.of("n/f").outcome, Outcome::kOk);
  expect_next_run_converges();
}

TEST_F(Stopped, BetweenTwoReadsALargeCopyIsAbandoned) {
  write_file(in_source("big"), std::string(std::size_t{40} << 20U, 'x'));
  const MirrorRun stopped =
      stopped_before([](const CallInfo& call) { return call.call == Call::kCopyRange; });
  EXPECT_EQ(fs_.calls(Call::kCopyRange), 1U);
  EXPECT_EQ(stopped.of("big").outcome, Outcome::kSkipped);
  EXPECT_FALSE(leaves_staging());
  expect_next_run_converges();
}

TEST_F(Stopped, WhileItRemovesTheOldTheNextRunDoesThat) {
  options_.windows.actions = 2;
  options_.windows.wind_up_seconds = 0;
  const MirrorRun stopped = stopped_before(
      [](const CallInfo& call) { return call.call == Call::kRemoveFile && call.names("1"); });
  EXPECT_EQ(stopped.of("a").outcome, Outcome::kOk);
  EXPECT_EQ(stopped.of("b").outcome, Outcome::kOk);
  EXPECT_EQ(stopped.of("c").outcome, Outcome::kSkipped);
  const Tree left = read_tree(replica_);
  EXPECT_THAT(left, Contains(Key(std::string(".sync-txn/DONE"))));
  EXPECT_THAT(left, Contains(Key(std::string(".sync-txn/0/2"))));
  EXPECT_TRUE(stopped.conflicts) << "does not say that something is left";
  expect_next_run_converges();
}

TEST_F(Stopped, AndGivenTimeTheOldIsRemovedAllTheSame) {
  (void)stopped_before(
      [](const CallInfo& call) { return call.call == Call::kRemoveFile && call.names("1"); });
  EXPECT_FALSE(leaves_staging());
}

TEST_F(Stopped, InTheMiddleOfAllOrNothingItIsFinished) {
  options_.atomic = true;
  const MirrorRun stopped = stopped_before(
      [](const CallInfo& call) { return call.call == Call::kRename && call.names("a"); });
  for (const Said& said : stopped.said) EXPECT_EQ(said.outcome, Outcome::kOk) << said.path;
  expect_exact_copy();
}

TEST_F(Stopped, InTheMiddleOfAllOrNothingWithoutTimeTheNextRunFinishesIt) {
  options_.atomic = true;
  options_.windows.wind_up_seconds = 0;
  const MirrorRun stopped = stopped_before(
      [](const CallInfo& call) { return call.call == Call::kRename && call.names("a"); });
  ASSERT_TRUE(stopped.error);
  EXPECT_EQ(stopped.error->code, ErrorCode::kStopped);
  EXPECT_EQ(stopped.of("a").outcome, Outcome::kOk);
  EXPECT_EQ(stopped.of("b").outcome, Outcome::kSkipped);
  EXPECT_EQ(bytes_of(in_replica("b")), "the old b");
  EXPECT_THAT(read_tree(replica_), Contains(Key(std::string(".sync-txn/COMMIT"))));
  expect_next_run_converges();
}

TEST_F(Stopped, WhileAllOrNothingIsWrittenDownNothingIsDone) {
  options_.atomic = true;
  const Tree before = read_tree(replica_);
  const MirrorRun stopped = stopped_before(
      [](const CallInfo& call) { return call.call == Call::kCreateFile && call.names("actions"); });
  for (const Said& said : stopped.said) EXPECT_EQ(said.outcome, Outcome::kRolledBack) << said.path;
  EXPECT_EQ(fs_.calls(Call::kRename), 0U);
  EXPECT_EQ(tree_differences(before, read_tree(replica_)), std::vector<std::string>());
}

TEST_F(Stopped, WhileAllOrNothingLooksWhetherItCouldBeTakenBackItEnds) {
  options_.atomic = true;
  fs_.intercept(act_before([](const CallInfo& call) { return call.call == Call::kMayAddEntries; },
                           [this] { stop_ = true; }));
  const MirrorRun stopped = run(fs_, options_);
  ASSERT_TRUE(stopped.error);
  EXPECT_EQ(stopped.error->code, ErrorCode::kStopped);
  EXPECT_EQ(fs_.calls(Call::kMayAddEntries), 1U);
  EXPECT_FALSE(leaves_staging());
}

TEST_F(Stopped, WhileItIsTakenBackTheNextRunGoesOnWithIt) {
  options_.atomic = true;
  options_.windows.wind_up_seconds = 0;
  fs_.intercept(
      [](const CallInfo& call) { return call.call == Call::kRename && call.names("c") ? EIO : 0; });
  bool goes_back = false;
  const MirrorRun stopped = stopped_before([&](const CallInfo& call) {
    if (call.call != Call::kRename) return false;
    return std::exchange(goes_back, goes_back || call.names("ROLLBACK"));
  });
  ASSERT_TRUE(stopped.error);
  EXPECT_EQ(stopped.error->code, ErrorCode::kStopped);
  EXPECT_EQ(bytes_of(in_replica("a")), "new a");
  EXPECT_THAT(read_tree(replica_), Contains(Key(std::string(".sync-txn/ROLLBACK"))));
  expect_next_run_converges();
}

TEST_F(Stopped, InTheMiddleOfAllOrNothingTheOldMayWaitForTheNextRun) {
  options_.atomic = true;
  options_.windows.wind_up_seconds = 0;
  const MirrorRun stopped = stopped_before(
      [](const CallInfo& call) { return call.call == Call::kRename && call.names("DONE"); });
  for (const Said& said : stopped.said) EXPECT_EQ(said.outcome, Outcome::kOk) << said.path;
  EXPECT_TRUE(leaves_staging());
  EXPECT_EQ(bytes_of(in_replica("b")), "new b");
  expect_next_run_converges();
}

class StoppedInABackup : public Stopped {
 protected:
  StoppedInABackup() {
    std::filesystem::create_directory(backups_);
    options_.backup_folder = backups_;
    options_.atomic = true;
    options_.windows.wind_up_seconds = 0;
    before_ = read_tree(replica_);
  }

  // The rest is done and kept by the next run, which finds nothing else to do.
  void expect_is_finished_and_can_be_taken_back(const MirrorRun& stopped) {
    ASSERT_TRUE(stopped.error);
    EXPECT_EQ(stopped.error->code, ErrorCode::kStopped);
    EXPECT_THAT(read_tree(replica_), Contains(Key(std::string(".sync-txn/COMMIT"))));
    expect_next_run_converges();
    FileSystem& fs = posix_file_system();
    options_.backup_folder.reset();
    for (const auto& backup : std::filesystem::directory_iterator(backups_)) {
      const MirrorRun back = take_back(fs, backup.path(), replica_, options_);
      EXPECT_TRUE(back.is_success()) << back.troubles();
    }
    EXPECT_EQ(tree_differences(before_, read_tree(replica_)), std::vector<std::string>());
  }

  std::string backups_ = scratch_ / "backups";
  Tree before_;
};

TEST_F(StoppedInABackup, BetweenTwoFilesTheNextRunKeepsTheRest) {
  const MirrorRun stopped =
      stopped_before([](const CallInfo& call) { return call.call == Call::kMakeLink; });
  EXPECT_EQ(fs_.calls(Call::kMakeLink), 1U);
  expect_is_finished_and_can_be_taken_back(stopped);
}

TEST_F(StoppedInABackup, WhileTheUndoIsWrittenTheNextRunWritesIt) {
  bool is_keeping = false;
  const MirrorRun stopped = stopped_before([&](const CallInfo& call) {
    is_keeping = is_keeping || call.call == Call::kMakeLink;
    return is_keeping && call.call == Call::kCreateFile && call.names("undo.json.new");
  });
  expect_is_finished_and_can_be_taken_back(stopped);
}

TEST_F(StoppedInABackup, InTheMiddleOfALargeFileThatHasToBeCopied) {
  write_file(in_replica("x"), std::string(std::size_t{80} << 20U, 'x'));
  before_ = read_tree(replica_);
  options_.windows.wind_up_seconds = 1'000;
  std::uint64_t copied = 0;
  fs_.intercept([&](const CallInfo& call) {
    const bool is_keeping = fs_.calls(Call::kMakeLink) > 0;
    if (is_keeping && call.call == Call::kCopyRange) ++copied, stop_ = true;
    return call.call == Call::kMakeLink ? EXDEV : 0;
  });
  const MirrorRun stopped = run(fs_, options_);
  EXPECT_EQ(copied, 1U);
  expect_is_finished_and_can_be_taken_back(stopped);
}

TEST_F(StoppedInABackup, WhileItIsBegunNothingIsChanged) {
  const MirrorRun stopped = stopped_before([](const CallInfo& call) {
    return call.call == Call::kCreateFile && call.names("undo.json.new");
  });
  for (const Said& said : stopped.said) EXPECT_EQ(said.outcome, Outcome::kRolledBack) << said.path;
  EXPECT_TRUE(std::filesystem::is_empty(backups_));
  EXPECT_EQ(bytes_of(in_replica("b")), "the old b");
  expect_next_run_converges();
}

TEST_F(Stopped, BeforeAllOrNothingBeginsNothingIsDone) {
  // Several units of work, of which not all were begun.
  plant({{"d", directory()}, {"d/e", file("e")}, {"f", directory()}, {"f/g", file("g")}},
        source_ + "/more");
  options_.atomic = true;
  const Tree before = read_tree(replica_);
  const MirrorRun stopped = stopped_before(
      [](const CallInfo& call) { return call.call == Call::kCreateFile && call.names("5"); });
  for (const Said& said : stopped.said) EXPECT_EQ(said.outcome, Outcome::kRolledBack) << said.path;
  EXPECT_EQ(tree_differences(before, read_tree(replica_)), std::vector<std::string>());
  expect_next_run_converges();
}

}  // namespace
}  // namespace foldersync
