// Files that are taken over from another path: what can fail, and what can come in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <map>
#include <string>

#include "apply/backup/backup.h"
#include "fault/mirror.h"
#include "fault/others.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

// `a` and `b` have changed places, `log` has become `log.1`, and `last` has the place of `place`.
class TakeOver : public MirrorTest {
 protected:
  TakeOver() {
    plant_source({{".", directory()},
                  {"a", file("was b").at(101)},
                  {"b", file("was a before").at(100)},
                  {"log", file("new").at(300)},
                  {"log.1", file("the old log").at(200)},
                  {"place", file("comes last").at(202)}});
    plant_replica({{".", directory()},
                   {"a", file("was a before").at(100)},
                   {"b", file("was b").at(101)},
                   {"last", file("comes last").at(202)},
                   {"log", file("the old log").at(200)},
                   {"place", file("gives way").at(201)}});
    expected_ = {
        {"a", inode("b")}, {"b", inode("a")}, {"log.1", inode("log")}, {"place", inode("last")}};
  }

  [[nodiscard]] struct stat look(const std::string& path) const {
    struct stat status {};
    EXPECT_EQ(::lstat(in_replica(path).c_str(), &status), 0) << path;
    return status;
  }
  [[nodiscard]] ino_t inode(const std::string& path) const { return look(path).st_ino; }

  // Which of the files are those that the replica had.
  [[nodiscard]] std::map<std::string, ino_t> taken_over() const {
    std::map<std::string, ino_t> found;
    for (const auto& [path, number] : expected_) {
      if (inode(path) == number) found[path] = number;
      EXPECT_EQ(look(path).st_nlink, 1U) << path;
    }
    return found;
  }

  // Runs with `act` done right before the first link or rename that names `name`.
  MirrorRun run_with(Call call, const std::string& name, std::function<void()> act,
                     const MirrorOptions& options = {}) {
    fs_.intercept(act_before(call, name, std::move(act)));
    return run(fs_, options);
  }

  FaultyFileSystem fs_;
  std::map<std::string, ino_t> expected_;
};

TEST_F(TakeOver, CopiesNothing) {
  const MirrorRun done = run(fs_);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_EQ(taken_over(), expected_);
  EXPECT_EQ(done.plan->summary.bytes_to_write, 3U);
  expect_exact_copy();
}

TEST_F(TakeOver, OfAFileThatCanNotBeMadeDurableIsACopy) {
  bool opened = false;
  fs_.intercept([&](const CallInfo& info) {
    const bool is_staged = info.call == Call::kOpenFile && info.names("1");
    opened = opened || is_staged;
    return is_staged ? EACCES : 0;
  });
  const MirrorRun done = run(fs_);
  EXPECT_TRUE(opened);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_FALSE(taken_over().contains("a"));
  expect_exact_copy();
}

TEST_F(TakeOver, WhereNoLinkCanBeMadeIsACopy) {
  for (const int number : {EPERM, EXDEV, EMLINK, EOPNOTSUPP, EIO}) {
    for (const bool is_atomic : {false, true}) {
      FaultyFileSystem fs;
      fs.intercept(fail_all(Call::kMakeLink, number));
      remove_tree(replica_);
      plant_replica({{".", directory()},
                     {"a", file("was a before").at(100)},
                     {"b", file("was b").at(101)},
                     {"log", file("the old log").at(200)}});
      MirrorOptions options;
      options.atomic = is_atomic;
      options.follow_source = is_atomic;
      const MirrorRun done = run(fs, options);
      EXPECT_TRUE(done.is_success()) << number << done.troubles();
      expect_exact_copy();
    }
  }
}

TEST_F(TakeOver, OfAFileThatIsAnotherOneByNowIsACopy) {
  const MirrorRun raced =
      run_with(Call::kMakeLink, "b", [&] { save_over(in_replica("b"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("a")), "was b");
  EXPECT_EQ(raced.of("a").outcome, Outcome::kOk) << raced.troubles();
  expect_converges();
}

TEST_F(TakeOver, OfAFileThatGetsAnotherNameInTheSameMomentIsACopy) {
  const std::string other = scratch_ / "other";
  const MirrorRun raced = run_with(
      Call::kMakeLink, "b", [&] { ASSERT_EQ(::link(in_replica("b").c_str(), other.c_str()), 0); });
  EXPECT_TRUE(raced.is_success()) << raced.troubles();
  EXPECT_NE(inode("a"), expected_["a"]);
  EXPECT_EQ(bytes_of(other), "was b");
  expect_exact_copy();
}

TEST_F(TakeOver, OfAFileThatGetsAnotherModeInTheSameMomentIsACopy) {
  (void)run_with(Call::kMakeLink, "b",
                 [&] { ASSERT_EQ(::chmod(in_replica("b").c_str(), 0600), 0); });
  EXPECT_EQ(look("a").st_mode & 07777U, 0644U);
  EXPECT_NE(inode("a"), expected_["a"]);
  expect_converges();
}

TEST_F(TakeOver, LeavesWhatOthersSavedUnderTheOldNameBeforeTheRename) {
  const MirrorRun raced =
      run_with(Call::kRename, "b", [&] { save_over(in_replica("b"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("b")), kForeign);
  EXPECT_EQ(raced.of("b").outcome, Outcome::kStale) << raced.troubles();
  EXPECT_EQ(bytes_of(in_replica("a")), "was b");
  expect_converges();
}

TEST_F(TakeOver, WhereTheOldNameStaysIsPutRightByTheNextRun) {
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kRename && info.names("last") ? EACCES : 0;
  });
  const MirrorRun failed = run(fs_);
  EXPECT_EQ(failed.of("last").outcome, Outcome::kError) << failed.troubles();
  EXPECT_EQ(bytes_of(in_replica("place")), "comes last");
  expect_converges();
  EXPECT_EQ(look("place").st_nlink, 1U);
}

TEST_F(TakeOver, InWindowsOfOneActionEndsWithOneNameEach) {
  for (const std::size_t threads : {1U, 2U}) {
    remove_tree(replica_);
    plant_replica({{".", directory()},
                   {"a", file("was a before").at(100)},
                   {"b", file("was b").at(101)},
                   {"last", file("comes last").at(202)},
                   {"log", file("the old log").at(200)},
                   {"place", file("gives way").at(201)}});
    MirrorOptions options;
    options.windows.actions = 1;
    options.threads = threads;
    const MirrorRun done = run(options);
    EXPECT_TRUE(done.is_success()) << done.troubles();
    expect_exact_copy();
    (void)taken_over();
  }
}

TEST_F(TakeOver, IsTakenBackWithAllTheRest) {
  const Tree before = read_tree(replica_);
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kRename && info.names("last") ? EACCES : 0;
  });
  MirrorOptions options;
  options.atomic = true;
  EXPECT_FALSE(run(fs_, options).is_success());
  EXPECT_EQ(tree_differences(before, read_tree(replica_)), std::vector<std::string>());
  EXPECT_EQ(inode("a"), expected_["b"]);
  EXPECT_EQ(inode("b"), expected_["a"]);
  for (const char* path : {"a", "b", "log", "last", "place"})
    EXPECT_EQ(look(path).st_nlink, 1U) << path;
}

TEST_F(TakeOver, KeepsInABackupNothingThatTheReplicaGoesOnHolding) {
  const std::string backups = scratch_ / "backups";
  ASSERT_EQ(::mkdir(backups.c_str(), 0755), 0);
  const Tree before = read_tree(replica_);
  for (const std::size_t actions : {1U, 2U, 50'000U}) {
    SCOPED_TRACE(actions);
    remove_tree(replica_);
    plant(before, replica_);
    MirrorOptions options;
    options.windows.actions = actions;
    options.backup_folder = backups;
    const MirrorRun there = run(options);
    ASSERT_TRUE(there.is_success()) << there.troubles();
    expect_exact_copy();
    (void)taken_over();
    FileSystem& fs = posix_file_system();
    const MirrorRun back = take_back(fs, there.backup->path(), replica_);
    EXPECT_TRUE(back.is_success()) << back.troubles();
    EXPECT_EQ(tree_differences(before, read_tree(replica_)), std::vector<std::string>());
    remove_tree(there.backup->path());
  }
}

TEST_F(TakeOver, FollowsASourceThatWasChangedMeanwhile) {
  MirrorOptions options;
  options.before_apply = [&] { write_file(in_source("a"), "changed since"); };
  const MirrorRun done = run(options);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_EQ(bytes_of(in_replica("a")), "changed since");
  expect_converges();
}

}  // namespace
}  // namespace foldersync
