// Applies of several windows that keep what they replace, and are taken back.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apply/backup/backup.h"
#include "fault/mirror.h"
#include "fault/rich_trees.h"
#include "fs/posix_file_system.h"
#include "support/faulty_file_system.h"
#include "support/sweep_points.h"

namespace foldersync {
namespace {

class Undo : public MirrorTest, public testing::WithParamInterface<std::size_t> {
 protected:
  Undo() : trees_(rich_trees(holds_user_xattrs(scratch_.path()))) {
    plant_source(trees_.source);
    options_.plan.xattrs = true;
    options_.durable = false;
    options_.windows.actions = GetParam();
    options_.backup_folder = backups_;
    start_again();
  }

  void start_again() {
    for (const std::string& folder : {replica_, backups_}) remove_tree(folder);
    plant_replica(trees_.replica);
    std::filesystem::create_directory(backups_);
    before_ = read_tree(replica_);
  }

  // Those of one plan, the newest first: a later one has a number behind the plan's id.
  std::vector<std::string> backups() const {
    std::vector<std::string> folders;
    for (const auto& entry : std::filesystem::directory_iterator(backups_)) {
      // One that was only begun has none.
      if (std::filesystem::exists(entry.path() / kUndoFile)) folders.push_back(entry.path());
    }
    std::sort(folders.rbegin(), folders.rend());
    return folders;
  }

  void expect_can_be_taken_back() {
    FileSystem& fs = posix_file_system();
    for (const std::string& folder : backups()) {
      const MirrorRun back = take_back(fs, folder, replica_, options());
      EXPECT_TRUE(back.is_success()) << folder << back.troubles();
    }
    std::vector<std::string> differences = tree_differences(before_, read_tree(replica_));
    // Where a run ends while its staging folder appears, nobody knows the time that the root had.
    if (!knows_root_time_)
      std::erase_if(differences, [](auto& line) { return line.starts_with(".:"); });
    EXPECT_EQ(differences, std::vector<std::string>());
  }

  // Of the taking back.
  [[nodiscard]] MirrorOptions options() const {
    MirrorOptions options = options_;
    options.backup_folder.reset();
    return options;
  }

  RichTrees trees_;
  std::string backups_ = scratch_ / "backups";
  MirrorOptions options_;
  Tree before_;
  bool knows_root_time_ = true;
};

TEST_P(Undo, TakesBackWhatManyWindowsDid) {
  const MirrorRun there = run(options_);
  ASSERT_TRUE(there.is_success()) << there.troubles();
  expect_exact_copy();
  ASSERT_EQ(backups().size(), 1U);
  expect_can_be_taken_back();
}

TEST_P(Undo, TakesBackWhatManyWindowsDidOfWhichTheNextIsStagedAhead) {
  options_.threads = 2;
  ASSERT_TRUE(run(options_).is_success());
  expect_can_be_taken_back();
}

// A cycle that plans twice: what both change was another thing before the first.
TEST_P(Undo, TakesBackTwoPlansAtOnce) {
  for (const std::string& folder : {replica_, source_}) remove_tree(folder);
  plant_replica({{"both", file("of the replica")},
                 {"gone", file("goes and comes back")},
                 {"meta", file("m").with_mode(0600)},
                 {"then", file("t").with_mode(0600)},
                 {"leaf", file("no directory yet")},
                 {"d", directory()},
                 {"d/x", file("x")}});
  before_ = read_tree(replica_);
  plant_source({{"both", file("one")},
                {"meta", file("m").with_mode(0640)},
                {"then", file("t").with_mode(0640)},
                {"leaf", directory()},
                {"leaf/in", file("i")},
                {"n", directory()},
                {"n/y", file("y")},
                {"short", file("s")}});
  FileSystem& fs = posix_file_system();
  MirrorRun first = run(fs, options_);
  ASSERT_TRUE(first.is_success()) << first.troubles();
  remove_tree(source_);
  plant_source({{"both", file("two, and longer")},
                {"gone", file("another one")},
                {"meta", file("m").with_mode(0644)},
                {"then", file("new content")},
                {"d", file("no directory")},
                {"leaf", directory()},
                {"leaf/in", file("more of it")},
                {"n", directory()},
                {"n/y", file("yy")},
                {"n/z", file("z")}});
  options_.earlier_backup = std::move(first.backup);
  const MirrorRun second = run(fs, options_);
  ASSERT_TRUE(second.is_success()) << second.troubles();
  expect_exact_copy();
  EXPECT_EQ(backups().size(), 1U);
  expect_can_be_taken_back();
}

TEST_P(Undo, KeepsNothingInAnotherBackupFolderThanTheOneThatWasAskedFor) {
  options_.backup_identity = "another:1";
  EXPECT_FALSE(run(options_).is_success());
  EXPECT_TRUE(backups().empty());
  EXPECT_EQ(tree_differences(before_, read_tree(replica_)), std::vector<std::string>());
}

// After the n-th call nothing works any more, as in a kill; then the same run again.
TEST_P(Undo, TakesBackARunThatBrokeOffAnywhereAndWasRepeated) {
  FaultyFileSystem counting;
  ASSERT_TRUE(run(counting, options_).is_success());
  knows_root_time_ = false;
  constexpr std::uint64_t kEnough = 20;
  for (const std::uint64_t nth : spread_points(counting.calls(), kEnough)) {
    SCOPED_TRACE(nth);
    start_again();
    FaultyFileSystem failing;
    failing.intercept(fail_at(nth, EIO, Lasting::kEverything));
    (void)run(failing, options_);
    const MirrorRun again = run(options_);
    ASSERT_TRUE(again.is_success()) << again.troubles();
    expect_exact_copy();
    expect_can_be_taken_back();
    if (HasFailure()) return;
  }
}

// At the n-th call it is told to stop, and has no time left; then the same run again.
TEST_P(Undo, TakesBackARunThatWasToldToStopAnywhereAndWasRepeated) {
  options_.atomic = GetParam() > 3;
  options_.windows.wind_up_seconds = 0;
  FaultyFileSystem counting;
  ASSERT_TRUE(run(counting, options_).is_success());
  constexpr std::uint64_t kEnough = 6;
  for (const std::uint64_t nth : spread_points(counting.calls(), kEnough)) {
    SCOPED_TRACE(nth);
    start_again();
    std::atomic<bool> stop{false};
    options_.stop = &stop;
    FaultyFileSystem told;
    told.intercept(
        act_before([&](const CallInfo& call) { return call.number == nth; }, [&] { stop = true; }));
    (void)run(told, options_);
    options_.stop = nullptr;
    const MirrorRun again = run(options_);
    ASSERT_TRUE(again.is_success()) << again.troubles();
    expect_exact_copy();
    expect_can_be_taken_back();
    if (HasFailure()) return;
  }
}

// Other runs that remove old backups leave alone what is locked.
TEST_P(Undo, HoldsALockOnItsBackupFromTheFirstChangeToTheLast) {
  std::uint64_t held = 0;
  std::uint64_t renames = 0;
  FileSystem& other = posix_file_system();
  FaultyFileSystem watched;
  watched.intercept([&](const CallInfo& call) {
    if (call.call != Call::kRename || call.mode == RenameMode::kReplace) return 0;
    ++renames;
    const auto folder = other.open_root(backups().at(0).c_str());
    const Status locked = other.lock(folder.value().get());
    if (!locked.ok() && locked.error().error_number == EWOULDBLOCK) ++held;
    return 0;
  });
  ASSERT_TRUE(run(watched, options_).is_success());
  EXPECT_GT(renames, 0U);
  EXPECT_EQ(held, renames);
  const auto folder = other.open_root(backups().at(0).c_str());
  EXPECT_TRUE(other.lock(folder.value().get()).ok()) << "it ends with the run";
}

class SmallUndo : public MirrorTest {
 protected:
  SmallUndo() {
    std::filesystem::create_directory(backups_);
    options_.backup_folder = backups_;
  }

  // The one that there is.
  MirrorRun take_it_back() {
    MirrorOptions options = options_;
    options.backup_folder.reset();
    const std::filesystem::directory_iterator folders(backups_);
    return take_back(calm_, folders->path(), replica_, options);
  }

  void expect_there_and_back() {
    const Tree before = read_tree(replica_);
    ASSERT_TRUE(run(options_).is_success());
    const MirrorRun back = take_it_back();
    EXPECT_TRUE(back.is_success()) << back.troubles();
    EXPECT_THAT(tree_differences(before, read_tree(replica_)), testing::IsEmpty());
  }

  FileSystem& calm_ = posix_file_system();
  std::string backups_ = scratch_ / "backups";
  MirrorOptions options_;
};

// Whoever had it open goes on writing into it when it is displaced already.
TEST_F(SmallUndo, GivesBackWhatWasWrittenUntilTheOldWasKept) {
  plant_source({{".", directory()}, {"log", file("the new one")}});
  plant_replica({{".", directory()}, {"gone", file("gone, ")}, {"log", file("old, ")}});
  for (const bool is_deleted : {false, true}) {
    const char* const name = is_deleted ? "gone" : "log";
    const Fd open(::open(in_replica(name).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    FaultyFileSystem fs;
    bool is_displaced = false;
    bool is_written = false;
    fs.intercept([&](const CallInfo& info) {
      if (is_displaced && !is_written && info.call == Call::kOpenDirectory) {
        is_written = ::write(open.get(), "late", 4) == 4;
      }
      is_displaced = is_displaced || (info.call == Call::kRename && info.names(name));
      return 0;
    });
    ASSERT_TRUE(run(fs, options_).is_success());
    ASSERT_TRUE(is_written);
    const MirrorRun back = take_it_back();
    EXPECT_TRUE(back.is_success()) << back.troubles();
    EXPECT_EQ(bytes_of(in_replica(name)), is_deleted ? "gone, late" : "old, late");
    remove_tree(backups_);
    std::filesystem::create_directory(backups_);
  }
}

// One name goes, and the file gets other metadata under its other name.
TEST_F(SmallUndo, GivesBackANameOfAFileThatWasChangedInPlace) {
  plant_source({{".", directory()}, {"stays", file("alike")}});
  plant_replica(
      {{".", directory()}, {"goes", file("alike")}, {"stays", link_of(file("alike"), "goes")}});
  std::filesystem::last_write_time(in_source("stays"),
                                   std::filesystem::file_time_type::clock::now());
  expect_there_and_back();
}

// What the way there has made goes with its directory, and is a name of a file whose metadata the
// way back changes.
TEST_F(SmallUndo, FindsNoWorkOfOthersInANameOfAFileThatItChanges) {
  plant_source({{".", directory()},
                {"dir", directory()},
                {"dir/name", file("alike")},
                {"file", link_of(file("alike"), "dir/name")}});
  plant_replica({{".", directory()}, {"file", file("alike")}});
  std::filesystem::last_write_time(in_source("file"),
                                   std::filesystem::file_time_type::clock::now());
  expect_there_and_back();
}

INSTANTIATE_TEST_SUITE_P(Windows, Undo, testing::Values(1U, 3U, 50'000U));

}  // namespace
}  // namespace foldersync
