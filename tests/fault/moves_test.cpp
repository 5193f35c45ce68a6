// What can come between the look at something that is to be moved and its rename.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <functional>
#include <string>

#include "fault/mirror.h"
#include "fault/others.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

class Moves : public MirrorTest {
 protected:
  Moves() {
    plant_source({{".", directory()},
                  {"new", file("has moved").at(100).with_mode(0640)},
                  {"home", directory()},
                  {"home/dir", directory().at(101)},
                  {"home/dir/file", file("goes along").at(102)}});
    plant_replica({{".", directory()},
                   {"old", file("has moved").at(100).with_mode(0600)},
                   {"home", directory()},
                   {"dir", directory().at(101)},
                   {"dir/file", file("goes along").at(102)}});
  }

  static bool is_move(const CallInfo& info, const std::string& name) {
    return info.call == Call::kRename && info.mode == RenameMode::kNoReplace && info.names(name);
  }

  // Runs with `act` done right before the first rename that names `name`.
  MirrorRun run_with(const std::string& name, std::function<void()> act) {
    fs_.intercept(act_before(Call::kRename, name, std::move(act)));
    return run(fs_);
  }

  FaultyFileSystem fs_;
};

TEST_F(Moves, AreRenamesAndNothingElse) {
  int created = 0;
  fs_.intercept([&](const CallInfo& info) {
    created += info.call == Call::kCreateFile && info.names("1") ? 1 : 0;
    return 0;
  });
  const MirrorRun done = run(fs_);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_EQ(done.plan->summary.move, 2U);
  EXPECT_EQ(created, 0);
  expect_exact_copy();
}

TEST_F(Moves, AFileSavedBetweenLookAndRenameGoesBackAndTheActionIsStale) {
  const MirrorRun raced = run_with("old", [&] { save_over(in_replica("old"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("old")), kForeign);
  EXPECT_EQ(raced.of("new").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

TEST_F(Moves, WhatOthersSavedStaysUnderTheNewNameWhereTheOldOneIsTakenAgain) {
  int renames = 0;
  fs_.intercept([&](const CallInfo& info) {
    if (!is_move(info, "old")) return 0;
    save_over(in_replica("old"), ++renames == 1 ? kForeign : kNewerForeign);
    return 0;
  });
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(renames, 2);
  EXPECT_EQ(raced.of("new").outcome, Outcome::kError) << raced.troubles();
  EXPECT_EQ(bytes_of(in_replica("new")), kForeign);
  EXPECT_EQ(bytes_of(in_replica("old")), kNewerForeign);
  expect_converges();
}

TEST_F(Moves, ANameThatIsTakenMeanwhileIsNotReplaced) {
  const MirrorRun raced = run_with("old", [&] { write_file(in_replica("new"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("new")), kForeign);
  EXPECT_EQ(bytes_of(in_replica("old")), "has moved");
  EXPECT_EQ(raced.of("new").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

TEST_F(Moves, ADirectoryThatOthersPutInPlaceOfItGoesBack) {
  const MirrorRun raced = run_with("dir", [&] {
    ASSERT_EQ(::rename(in_replica("dir").c_str(), (scratch_ / "theirs").c_str()), 0);
    ASSERT_EQ(::mkdir(in_replica("dir").c_str(), 0755), 0);
    write_file(in_replica("dir/theirs"), kForeign);
  });
  EXPECT_EQ(bytes_of(in_replica("dir/theirs")), kForeign);
  EXPECT_EQ(raced.of("home/dir").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

TEST_F(Moves, WhatOthersPutIntoADirectoryInTheLastMomentIsNotLost) {
  (void)run_with("dir", [&] { write_file(in_replica("dir/theirs"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("home/dir/theirs")), kForeign);
  expect_converges();
}

TEST_F(Moves, WhereNoRenameLeadsAFileIsCopiedAndTheOldOneRemoved) {
  fs_.intercept(
      [](const CallInfo& info) { return is_move(info, "old") && info.names("new") ? EXDEV : 0; });
  const MirrorRun done = run(fs_);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  expect_exact_copy();
}

TEST_F(Moves, AllOrNothingCopiesNothingBesideItsStagingFolder) {
  fs_.intercept(
      [](const CallInfo& info) { return is_move(info, "old") && info.names("new") ? EXDEV : 0; });
  MirrorOptions options;
  options.atomic = true;
  const MirrorRun done = run(fs_, options);
  EXPECT_FALSE(done.is_success());
  EXPECT_EQ(bytes_of(in_replica("old")), "has moved");
  EXPECT_EQ(bytes_of(in_replica("dir/file")), "goes along");
  expect_converges();
}

TEST_F(Moves, FollowASourceThatWasChangedMeanwhileInTheNextRun) {
  MirrorOptions options;
  options.before_apply = [&] { write_file(in_source("new"), "changed since"); };
  const MirrorRun raced = run(options);
  EXPECT_EQ(raced.of("new").outcome, Outcome::kError) << raced.troubles();
  EXPECT_EQ(bytes_of(in_replica("old")), "has moved");
  expect_converges();
}

}  // namespace
}  // namespace foldersync
