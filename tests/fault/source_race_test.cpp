// Somebody else changes the source while a run works on it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "fault/mirror.h"
#include "fault/others.h"
#include "fault/rich_trees.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

class SourceRace : public MirrorTest {
 protected:
  SourceRace() {
    plant_source({{".", directory()},
                  {"a", file("first")},
                  {"copied", file(filler('s', 600'000))},
                  {"z", file("last")}});
    plant_replica({{".", directory()}, {"copied", file("the old copy")}});
  }

  // Acts when the content of `copied` is about to be copied.
  void while_copied(std::function<void()> act) {
    fs_.intercept(act_before(Call::kCopyRange, "", std::move(act)));
  }
  // Acts when it has been looked at and is about to be opened.
  void before_opened(std::function<void()> act) {
    fs_.intercept(act_before(Call::kOpenFile, "copied", std::move(act)));
  }

  void append(const std::string& bytes) const {
    std::ofstream(in_source("copied"), std::ios::app | std::ios::binary) << bytes;
  }

  // The others are mirrored, and the old copy is untouched.
  void expect_old_copy_kept() const {
    EXPECT_EQ(bytes_of(in_replica("copied")), "the old copy");
    EXPECT_EQ(bytes_of(in_replica("a")), "first");
    EXPECT_EQ(bytes_of(in_replica("z")), "last");
  }

  FaultyFileSystem fs_;
};

// While a window is staged, a directory that was missing is not looked for again.
TEST_F(SourceRace, WhatAppearsWithItsDirectoryBeforeItsLikeIsDeletedStays) {
  plant_replica({{"gone", directory()}, {"gone/x", file("x")}, {"gone/y", file("y")}});
  fs_.intercept(act_before(Call::kRename, "copied", [&] {
    plant_source({{"gone", directory()}, {"gone/x", file("x")}, {"gone/y", file("y")}});
  }));
  const MirrorRun raced = run(fs_);
  EXPECT_FALSE(raced.is_success());
  EXPECT_EQ(bytes_of(in_replica("gone/x")), "x");
  EXPECT_EQ(bytes_of(in_replica("gone/y")), "y");
  expect_converges();
}

// It was moved to `a`, say, which has been read already: nothing else has what is in it.
TEST_F(SourceRace, WhatVanishesBetweenListingAndLookStaysForThisTime) {
  plant_source({{"moved", directory()}, {"moved/x", file("x")}, {"new", file("n")}});
  plant_replica({{"moved", directory()}, {"moved/x", file("x")}});
  fs_.intercept(act_before(Call::kStatusAt, "moved", [&] {
    std::filesystem::rename(in_source("moved"), scratch_ / "elsewhere");
    std::filesystem::remove(in_source("new"));
  }));
  EXPECT_TRUE(run(fs_).is_success());
  EXPECT_EQ(bytes_of(in_replica("moved/x")), "x");
  EXPECT_EQ(bytes_of(in_replica("copied")), filler('s', 600'000));
  expect_converges();
  EXPECT_FALSE(std::filesystem::exists(in_replica("moved")));
}

TEST_F(SourceRace, AFileThatGrowsIsPublishedAsItWasAndCompletedByTheNextRun) {
  while_copied([&] { append("and more"); });
  const MirrorRun raced = run(fs_);
  EXPECT_TRUE(raced.is_success()) << raced.troubles();
  EXPECT_TRUE(raced.of("copied").grown);
  EXPECT_EQ(bytes_of(in_replica("copied")), filler('s', 600'000));
  EXPECT_EQ(read_tree(replica_).at("copied").mtime, file("").mtime);
  expect_converges();
}

TEST_F(SourceRace, AFileThatGrowsForEverIsMirroredAllTheSame) {
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kCopyRange) append("one more line\n");
    return 0;
  });
  const MirrorRun raced = run(fs_);
  EXPECT_TRUE(raced.is_success()) << raced.troubles();
  EXPECT_TRUE(raced.of("copied").grown);
  EXPECT_TRUE(bytes_of(in_source("copied")).starts_with(bytes_of(in_replica("copied"))));
}

TEST_F(SourceRace, AFileThatShrinksOnceIsCopiedAgain) {
  while_copied([&] { write_file(in_source("copied"), filler('t', 300'000)); });
  const MirrorRun raced = run(fs_);
  EXPECT_TRUE(raced.is_success()) << raced.troubles();
  EXPECT_EQ(bytes_of(in_replica("copied")), filler('t', 300'000));
  expect_converges();
}

TEST_F(SourceRace, AFileThatIsRewrittenOnceIsCopiedAgain) {
  while_copied([&] { write_file(in_source("copied"), filler('u', 600'000)); });
  const MirrorRun raced = run(fs_);
  EXPECT_TRUE(raced.is_success()) << raced.troubles();
  EXPECT_EQ(bytes_of(in_replica("copied")), filler('u', 600'000));
  expect_converges();
}

TEST_F(SourceRace, AFileThatIsRewrittenAndWhoseTimeIsSetBackIsCopiedAgain) {
  const FileTime time = read_tree(source_).at("copied").mtime;
  while_copied([&] {
    write_file(in_source("copied"), filler('u', 600'000));
    set_mtime(in_source("copied"), time);
  });
  int copies = 0;
  fs_.intercept([&](const CallInfo& info) {
    copies += info.call == Call::kOpenFile && info.name == "copied" ? 1 : 0;
    return 0;
  });
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(copies, 2) << "the first may be of both";
  EXPECT_TRUE(raced.is_success()) << raced.troubles();
  EXPECT_EQ(bytes_of(in_replica("copied")), filler('u', 600'000));
  expect_converges();
}

TEST_F(SourceRace, AFileThatNeverHoldsStillIsGivenUpAfterThreeTriesAndTheOldCopyStays) {
  char seed = 'a';
  int copies = 0;
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kOpenFile && info.name == "copied") ++copies;
    if (info.call == Call::kCopyRange) write_file(in_source("copied"), filler(seed++, 600'000));
    return 0;
  });
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(copies, 3);
  EXPECT_EQ(raced.of("copied").outcome, Outcome::kError) << raced.troubles();
  expect_old_copy_kept();
  EXPECT_FALSE(std::filesystem::exists(in_replica(".sync-txn")));
  expect_converges();
}

TEST_F(SourceRace, OfAReviewedPlanAFileThatChangesWhileItIsCopiedIsStale) {
  while_copied([&] { write_file(in_source("copied"), filler('u', 600'000)); });
  MirrorOptions options;
  options.follow_source = false;
  const MirrorRun raced = run(fs_, options);
  EXPECT_EQ(raced.of("copied").outcome, Outcome::kStale) << raced.troubles();
  expect_old_copy_kept();
  expect_converges();
}

TEST_F(SourceRace, AFileThatVanishesBeforeItIsOpenedKeepsItsOldCopyForThisRunAndIsNoFailure) {
  before_opened([&] { ::unlink(in_source("copied").c_str()); });
  const MirrorRun raced = run(fs_);
  EXPECT_TRUE(raced.of("copied").vanished) << raced.troubles();
  EXPECT_TRUE(raced.is_success()) << raced.troubles();
  expect_old_copy_kept();
  expect_converges();
}

TEST_F(SourceRace, AFileThatVanishesWhileItIsCopiedIsNoTornCopyAndNoFailure) {
  while_copied([&] { ::unlink(in_source("copied").c_str()); });
  const MirrorRun raced = run(fs_);
  EXPECT_TRUE(raced.of("copied").vanished) << raced.troubles();
  EXPECT_TRUE(raced.is_success()) << raced.troubles();
  expect_old_copy_kept();
  expect_converges();
}

TEST_F(SourceRace, WhatVanishesWithItsDirectoryIsNoFailure) {
  plant_source({{"new", directory()}, {"new/x", file("x")}, {"new/link", symlink("x")}});
  MirrorOptions options;
  options.before_apply = [&] { std::filesystem::remove_all(in_source("new")); };
  const MirrorRun raced = run(fs_, options);
  EXPECT_TRUE(raced.is_success()) << raced.troubles();
  EXPECT_TRUE(raced.of("new").vanished && raced.of("new/x").vanished);
  EXPECT_TRUE(raced.of("new/link").vanished);
  EXPECT_EQ(bytes_of(in_replica("z")), "last");
  expect_converges();
}

TEST_F(SourceRace, WhereAllOrNothingIsWantedWhatVanishedIsAFailure) {
  MirrorOptions options;
  options.atomic = true;
  options.before_apply = [&] { ::unlink(in_source("copied").c_str()); };
  const MirrorRun raced = run(fs_, options);
  EXPECT_EQ(raced.of("copied").outcome, Outcome::kError) << raced.troubles();
  EXPECT_FALSE(std::filesystem::exists(in_replica("a")));
  expect_converges();
}

TEST_F(SourceRace, OfAReviewedPlanAFileThatVanishesBeforeItIsOpenedIsStale) {
  before_opened([&] { ::unlink(in_source("copied").c_str()); });
  MirrorOptions options;
  options.follow_source = false;
  const MirrorRun raced = run(fs_, options);
  EXPECT_EQ(raced.of("copied").outcome, Outcome::kStale) << raced.troubles();
  expect_old_copy_kept();
  expect_converges();
}

TEST_F(SourceRace, AFileThatBecomesALinkIsNotReadThroughIt) {
  before_opened([&] {
    ::unlink(in_source("copied").c_str());
    ASSERT_EQ(::symlink((outside_ + "/secret").c_str(), in_source("copied").c_str()), 0);
  });
  const MirrorRun raced = run(fs_);
  EXPECT_FALSE(raced.is_success());
  expect_old_copy_kept();
  expect_converges();
}

TEST_F(SourceRace, AFileThatBecomesAFifoIsNotWaitedFor) {
  before_opened([&] {
    ::unlink(in_source("copied").c_str());
    ASSERT_EQ(::mkfifo(in_source("copied").c_str(), 0600), 0);
  });
  const MirrorRun raced = run(fs_);
  EXPECT_FALSE(raced.is_success());
  expect_old_copy_kept();
  expect_converges();
}

TEST_F(SourceRace, AnotherFileUnderTheSameNameIsNotTakenForTheOneThatWasPlanned) {
  before_opened([&] { save_over(in_source("copied"), "quite another file"); });
  MirrorOptions options;
  options.follow_source = false;
  const MirrorRun raced = run(fs_, options);
  EXPECT_EQ(raced.of("copied").outcome, Outcome::kStale) << raced.troubles();
  expect_old_copy_kept();
  expect_converges();
}

TEST_F(SourceRace, AFileThatHoldsLessThanItSaysIsNotPublished) {
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kCopyRange || info.call == Call::kRead ? kEndOfFile : 0;
  });
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(raced.of("copied").outcome, Outcome::kError) << raced.troubles();
  EXPECT_EQ(bytes_of(in_replica("copied")), "the old copy");
  EXPECT_FALSE(std::filesystem::exists(in_replica("a")));
  expect_converges();
}

TEST_F(SourceRace, APathThatTheSourceHasAgainIsNotDeleted) {
  write_file(in_replica("extra"), "to be deleted");
  MirrorOptions options;
  options.before_apply = [&] { write_file(in_source("extra"), "there again"); };
  const MirrorRun raced = run(fs_, options);
  EXPECT_EQ(bytes_of(in_replica("extra")), "to be deleted") << raced.troubles();
  EXPECT_FALSE(raced.is_success());
  expect_converges();
}

}  // namespace
}  // namespace foldersync
