// Somebody else changes the trees while a run works on them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "fault/faulty_file_system.h"
#include "fault/mirror.h"
#include "fault/rich_trees.h"

namespace foldersync {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kForeign = "written by somebody else meanwhile";
constexpr const char* kNewerForeign = "and once more, by somebody else";

// A new file takes the name, as editors save.
void save_over(const std::string& path, const std::string& content) {
  write_file(path + ".saving", content);
  ASSERT_EQ(::rename((path + ".saving").c_str(), path.c_str()), 0) << path;
}

// Every content that is left anywhere in the replica, the staging folder included.
std::vector<std::string> contents_in(const std::string& root) {
  std::vector<std::string> contents;
  for (const auto& [path, entry] : read_tree(root)) contents.push_back(entry.content);
  return contents;
}

bool is_exchange(const CallInfo& info) {
  return info.call == Call::kRename && info.mode == RenameMode::kExchange;
}

class ReplicaRace : public MirrorTest {
 protected:
  ReplicaRace() {
    plant_source({{".", directory()},
                  {"updated", file("new bytes")},
                  {"created", file("created")},
                  {"touched", file("same bytes").at(2000)},
                  {"becomes-dir", directory()},
                  {"becomes-file", file("was a directory")}});
    plant_replica({{".", directory()},
                   {"updated", file("old")},
                   {"deleted", file("goes")},
                   {"touched", file("same bytes").at(1999)},
                   {"becomes-dir", file("was a file")},
                   {"becomes-file", directory()},
                   {"emptied", directory()},
                   {"emptied/child", file("goes")}});
  }

  // Runs with `act` done right before the first rename that names `name`.
  MirrorRun run_with(const std::string& name, std::function<void()> act) {
    fs_.intercept(act_before(Call::kRename, name, std::move(act)));
    return run(fs_);
  }

  FaultyFileSystem fs_;
};

TEST_F(ReplicaRace, AFileSavedBetweenLookAndExchangeStaysAndTheActionIsStale) {
  const MirrorRun raced = run_with("updated", [&] { save_over(in_replica("updated"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("updated")), kForeign);
  EXPECT_EQ(raced.of("updated").outcome, Outcome::kStale) << raced.troubles();
  EXPECT_FALSE(raced.conflicts);
  expect_converges();
}

TEST_F(ReplicaRace, AFileWrittenInPlaceBetweenLookAndExchangeStaysAndTheActionIsStale) {
  const MirrorRun raced = run_with("updated", [&] { write_file(in_replica("updated"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("updated")), kForeign);
  EXPECT_EQ(raced.of("updated").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

TEST_F(ReplicaRace, AFileThatVanishesBeforeTheExchangeIsNoSuccess) {
  const MirrorRun raced = run_with("updated", [&] { ::unlink(in_replica("updated").c_str()); });
  EXPECT_EQ(raced.of("updated").outcome, Outcome::kStale) << raced.troubles();
  EXPECT_FALSE(raced.is_success());
  expect_converges();
}

TEST_F(ReplicaRace, AFileThatBecameADirectoryWithContentStays) {
  const MirrorRun raced = run_with("updated", [&] {
    ::unlink(in_replica("updated").c_str());
    ::mkdir(in_replica("updated").c_str(), 0755);
    write_file(in_replica("updated/inside"), kForeign);
  });
  EXPECT_EQ(bytes_of(in_replica("updated/inside")), kForeign);
  EXPECT_EQ(raced.of("updated").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

TEST_F(ReplicaRace, AFileSavedAgainDuringTheSwapBackIsKeptTwice) {
  int exchanges = 0;
  fs_.intercept([&](const CallInfo& info) {
    if (!is_exchange(info) || !info.names("updated")) return 0;
    save_over(in_replica("updated"), exchanges == 0 ? kForeign : kNewerForeign);
    ++exchanges;
    return 0;
  });
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(exchanges, 2);
  EXPECT_TRUE(raced.conflicts);
  EXPECT_EQ(raced.of("updated").outcome, Outcome::kError) << raced.troubles();
  EXPECT_THAT(contents_in(replica_), Contains(kForeign));
  EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")), Contains(kNewerForeign));
}

TEST_F(ReplicaRace, WhatLiesInTheConflictFolderOutlivesTheNextRuns) {
  int exchanges = 0;
  fs_.intercept([&](const CallInfo& info) {
    if (!is_exchange(info) || !info.names("updated")) return 0;
    save_over(in_replica("updated"), ++exchanges == 1 ? kForeign : kNewerForeign);
    return 0;
  });
  run(fs_);
  run();
  run();
  EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")), Contains(kNewerForeign));
}

// Whatever else goes wrong in the same moment: no call of the way back may cost the foreign bytes.
TEST_F(ReplicaRace, AFaultInAnyCallOfTheSwapBackLosesNothingOfTheirs) {
  const Tree before = read_tree(replica_);
  for (std::uint64_t after = 1; after <= 60; ++after) {
    remove_tree(replica_);
    plant_replica(before);
    FaultyFileSystem fs;
    int exchanges = 0;
    std::uint64_t exchanged_at = 0;
    std::string failed;
    fs.intercept([&](const CallInfo& info) {
      if (is_exchange(info) && info.names("updated") && exchanges < 2) {
        save_over(in_replica("updated"), exchanges == 0 ? kForeign : kNewerForeign);
        if (exchanges++ == 0) exchanged_at = info.number;
        return 0;
      }
      if (exchanged_at == 0 || info.number != exchanged_at + after) return 0;
      failed = to_string(info.call);
      return ENOSPC;
    });
    const MirrorRun raced = run(fs);
    SCOPED_TRACE("call " + std::to_string(after) + " after the exchange: " + failed);
    EXPECT_FALSE(raced.is_success());
    EXPECT_THAT(contents_in(replica_), Contains(kForeign)) << raced.troubles();
    if (exchanges == 2) {
      EXPECT_THAT(contents_in(replica_), Contains(kNewerForeign)) << raced.troubles();
    }
  }
}

TEST_F(ReplicaRace, AFileSavedBetweenLookAndDeletionStays) {
  const MirrorRun raced = run_with("deleted", [&] { save_over(in_replica("deleted"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("deleted")), kForeign);
  EXPECT_EQ(raced.of("deleted").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

TEST_F(ReplicaRace, AFileSavedWhileAnotherOfTheirsComesBackIsKeptToo) {
  int renames = 0;
  fs_.intercept([&](const CallInfo& info) {
    if (info.call != Call::kRename || !info.names("deleted")) return 0;
    save_over(in_replica("deleted"), ++renames == 1 ? kForeign : kNewerForeign);
    return 0;
  });
  const MirrorRun raced = run(fs_);
  EXPECT_TRUE(raced.conflicts) << raced.troubles();
  EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")), Contains(kForeign));
  EXPECT_EQ(bytes_of(in_replica("deleted")), kNewerForeign);
}

TEST_F(ReplicaRace, ANameThatIsTakenBeforeItIsGivenStaysTaken) {
  const MirrorRun raced = run_with("created", [&] { write_file(in_replica("created"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("created")), kForeign);
  EXPECT_EQ(raced.of("created").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

TEST_F(ReplicaRace, AFileSavedBeforeADirectoryTakesItsPlaceStays) {
  const MirrorRun raced =
      run_with("becomes-dir", [&] { save_over(in_replica("becomes-dir"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("becomes-dir")), kForeign);
  EXPECT_EQ(raced.of("becomes-dir").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

TEST_F(ReplicaRace, WhatIsPutIntoADirectoryBeforeAFileTakesItsPlaceStays) {
  const MirrorRun raced =
      run_with("becomes-file", [&] { write_file(in_replica("becomes-file/inside"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("becomes-file/inside")), kForeign);
  EXPECT_EQ(raced.of("becomes-file").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

TEST_F(ReplicaRace, WhatIsPutIntoADisplacedDirectoryBeforeThePurgeIsKept) {
  // Somebody who stands in the directory goes on writing where it is now.
  const int inside = ::open(in_replica("becomes-file").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(inside, 0);
  bool moved = false;
  fs_.intercept([&](const CallInfo& info) {
    if (is_exchange(info) && info.names("becomes-file")) moved = true;
    if (moved && info.call == Call::kRemoveDirectory && info.name != "emptied") {
      moved = false;
      const int fd = ::openat(inside, "late", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      EXPECT_EQ(::write(fd, kForeign, std::string(kForeign).size()),
                static_cast<ssize_t>(std::string(kForeign).size()));
      ::close(fd);
    }
    return 0;
  });
  const MirrorRun raced = run(fs_);
  ::close(inside);
  EXPECT_TRUE(raced.conflicts) << raced.troubles();
  EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")), Contains(kForeign));
}

TEST_F(ReplicaRace, WhatIsPutIntoADirectoryBeforeItIsRemovedStays) {
  fs_.intercept(act_before(Call::kRename, "emptied",
                           [&] { write_file(in_replica("emptied/late"), kForeign); }));
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(bytes_of(in_replica("emptied/late")), kForeign);
  EXPECT_FALSE(raced.is_success());
  expect_converges();
}

TEST_F(ReplicaRace, AFileThatIsReplacedBeforeItsMetadataChangesKeepsItsOwn) {
  fs_.intercept(act_before(Call::kOpenEntry, "touched", [&] {
    save_over(in_replica("touched"), kForeign);
    set_mtime(in_replica("touched"), {77, 7});
  }));
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(bytes_of(in_replica("touched")), kForeign);
  EXPECT_EQ(read_tree(replica_).at("touched").mtime, (FileTime{77, 7}));
  EXPECT_EQ(raced.of("touched").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

// The n-th-call loop of races: at every moment of the apply, somebody saves each of these files.
TEST_F(ReplicaRace, AFileSavedAtAnyMomentOfTheApplySurvives) {
  const Tree before = read_tree(replica_);
  for (const std::string name : {"updated", "deleted", "created", "touched", "becomes-dir"}) {
    std::uint64_t calls = 1;
    for (std::uint64_t nth = 1; nth <= calls; ++nth) {
      remove_tree(replica_);
      plant_replica(before);
      FaultyFileSystem fs;
      MirrorOptions options;
      std::uint64_t planned = 0;
      bool saved = false;
      options.before_apply = [&] { planned = fs.calls(); };
      fs.intercept(act_before(
          [&](const CallInfo& info) { return planned != 0 && info.number == planned + nth; },
          [&] {
            saved = true;
            const bool is_directory = std::filesystem::is_directory(in_replica(name));
            save_over(in_replica(is_directory ? name + "/inside" : name), kForeign);
          }));
      const MirrorRun raced = run(fs, options);
      calls = fs.calls() - planned;
      if (!saved) continue;
      ASSERT_THAT(contents_in(replica_), Contains(kForeign))
          << name << ", before call " << nth << " of the apply" << raced.troubles();
      ASSERT_TRUE(raced.has_reported_each_action_once()) << raced.troubles();
    }
  }
}

class DirectoryRace : public MirrorTest {
 protected:
  DirectoryRace() {
    plant_source({{".", directory()},
                  {"d", directory()},
                  {"d/created", file("created")},
                  {"d/dir", directory()},
                  {"d/dir/file", file("below")},
                  {"d/secret", file("not the one outside")},
                  {"d/touched", file("same").at(2000)},
                  {"d/link", symlink("elsewhere")}});
    plant_replica({{".", directory()},
                   {"d", directory()},
                   {"d/secret", file("old")},
                   {"d/deleted", file("goes")},
                   {"d/gone", directory()},
                   {"d/touched", file("same").at(1999)},
                   {"d/link", symlink("nowhere")}});
  }

  // Moves the directory away and puts a link to the folder outside in its place.
  void swap_for_link(const std::string& path) const {
    ASSERT_EQ(::rename(path.c_str(), (scratch_ / "moved").c_str()), 0);
    ASSERT_EQ(::symlink(outside_.c_str(), path.c_str()), 0);
  }

  // At each moment of the run swaps `d` in `root`; what follows is checked by `check`.
  void swap_at_each_call(const std::string& root, const std::function<void()>& check) {
    const Tree source = read_tree(source_);
    const Tree replica = read_tree(replica_);
    FaultyFileSystem calm;
    EXPECT_TRUE(run(calm).is_success());
    for (std::uint64_t nth = 1; nth <= calm.calls() && !HasFailure(); ++nth) {
      for (const std::string& path : {source_, replica_, scratch_ / "moved"}) remove_tree(path);
      plant_source(source);
      plant_replica(replica);
      FaultyFileSystem fs;
      fs.intercept(act_before([=](const CallInfo& info) { return info.number == nth; },
                              [&] { swap_for_link(join(root, "d")); }));
      run(fs);
      SCOPED_TRACE("swapped before call " + std::to_string(nth));
      EXPECT_THAT(tree_differences(outside_before_, read_tree(outside_)), IsEmpty());
      check();
    }
  }
};

TEST_F(DirectoryRace, AReplicaDirectoryThatBecomesALinkAtAnyMomentLeadsNowhere) {
  swap_at_each_call(replica_, [] {});
}

TEST_F(DirectoryRace, ASourceDirectoryThatBecomesALinkAtAnyMomentIsNeverRead) {
  swap_at_each_call(source_,
                    [&] { EXPECT_THAT(contents_in(replica_), Not(Contains("secret of others"))); });
}

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

TEST_F(SourceRace, AFileThatVanishesBeforeItIsOpenedKeepsItsOldCopyForThisRun) {
  before_opened([&] { ::unlink(in_source("copied").c_str()); });
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(raced.of("copied").outcome, Outcome::kError) << raced.troubles();
  expect_old_copy_kept();
  expect_converges();
}

TEST_F(SourceRace, AFileThatVanishesWhileItIsCopiedIsNoTornCopy) {
  while_copied([&] { ::unlink(in_source("copied").c_str()); });
  run(fs_);
  EXPECT_THAT(bytes_of(in_replica("copied")), testing::AnyOf("the old copy", filler('s', 600'000)));
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
