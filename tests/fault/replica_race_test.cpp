// Somebody else changes the replica while a run works on it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "fault/mirror.h"
#include "fault/others.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::Contains;

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

// It looks like the one that was looked at when the window's record was written, and is not it.
TEST_F(ReplicaRace, AFileOfTheSameSizeAndTimeThatCameSinceTheRecordIsNotDeleted) {
  fs_.intercept(act_before(Call::kCreateFile, "COMMIT", [&] {
    const FileTime time = read_tree(replica_).at("deleted").mtime;
    save_over(in_replica("deleted"), "mine");
    ::chmod(in_replica("deleted").c_str(), 0644);
    set_mtime(in_replica("deleted"), time);
  }));
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(bytes_of(in_replica("deleted")), "mine");
  EXPECT_EQ(raced.of("deleted").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
}

// The same inode number, size and time; owner or mode are others.
TEST_F(ReplicaRace, AFileThatSomebodyElseTouchesBetweenLookAndOpeningKeepsItsMetadata) {
  fs_.intercept(act_before(Call::kOpenEntry, "touched",
                           [&] { ::chmod(in_replica("touched").c_str(), 0666); }));
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(raced.of("touched").outcome, Outcome::kStale) << raced.troubles();
  EXPECT_EQ(read_tree(replica_).at("touched").mode, 0666U);
  expect_converges();
}

TEST_F(ReplicaRace, AFileThatSomebodyElseTouchesSinceTheRecordKeepsItsMetadata) {
  fs_.intercept(act_before(Call::kCreateFile, "COMMIT", [&] {
    const FileTime time = read_tree(replica_).at("touched").mtime;
    write_file(in_replica("touched"), "some bytes");  // as many, and under the old time
    set_mtime(in_replica("touched"), time);
  }));
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(raced.of("touched").outcome, Outcome::kStale) << raced.troubles();
  expect_converges();
  EXPECT_EQ(bytes_of(in_replica("touched")), "same bytes");
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

}  // namespace
}  // namespace foldersync
