// Directories that go with all that is deleted in them, and what comes of it where others are in
// the way.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "apply/recovery/recover.h"
#include "fault/mirror.h"
#include "fault/others.h"
#include "support/faulty_file_system.h"
#include "support/kept_keys.h"

namespace foldersync {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Key;
using testing::Not;

bool is_from_replica(const CallInfo& call, std::string_view name) {
  return call.call == Call::kRename && call.name == name;
}

class DoomedTrees : public MirrorTest {
 protected:
  DoomedTrees() {
    plant_source({{".", directory()}, {"stays", file("stays")}});
    plant_replica({{".", directory()},
                   {"gone", directory()},
                   {"gone/a", file("a")},
                   {"gone/b", symlink("a")},
                   {"gone/sub", directory()},
                   {"gone/sub/c", file("c")},
                   {"gone/sub/deep", directory()},
                   {"gone/sub/deep/d", file("d")},
                   {"gone/sub/z", file("z")},
                   {"stays", file("stays")}});
  }

  // Opens a directory of the replica, as somebody who goes on working in it does.
  [[nodiscard]] Fd stand_in(const std::string& path) const {
    return Fd(::open(in_replica(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  static void write_in(const Fd& directory, const char* name, const std::string& content) {
    const Fd file(::openat(directory.get(), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    EXPECT_EQ(::write(file.get(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
  }

  // What was renamed out of the replica, by name, in its order.
  std::vector<std::string> names_taken() {
    std::vector<std::string> names;
    fs_.intercept([&](const CallInfo& call) {
      const bool is_own = call.names("DONE") || call.names("COMMIT");
      if (call.call == Call::kRename && !is_own) names.emplace_back(call.name);
      return 0;
    });
    const MirrorRun made = run(fs_, options_);
    EXPECT_TRUE(made.is_success()) << made.troubles();
    EXPECT_TRUE(made.has_reported_each_action_once());
    expect_exact_copy();
    return names;
  }

  MirrorRun run_with(const Interceptor& act) {
    fs_.intercept(act);
    MirrorRun made = run(fs_, options_);
    EXPECT_TRUE(made.has_reported_each_action_once());
    return made;
  }

  // A run in which somebody acts right before the directory goes.
  MirrorRun run_racing(const std::function<void()>& act) {
    return run_with(
        act_before([](const CallInfo& call) { return is_from_replica(call, "gone"); }, act));
  }

  FaultyFileSystem fs_;
  MirrorOptions options_;
};

TEST_F(DoomedTrees, GoByOneRename) { EXPECT_THAT(names_taken(), ElementsAre("gone")); }

TEST_F(DoomedTrees, GoByOneRenameWhereAllIsOneWindow) {
  options_.atomic = true;
  EXPECT_THAT(names_taken(), ElementsAre("gone"));
}

TEST_F(DoomedTrees, InManyWindowsGoWithWhatIsLeftOfThem) {
  options_.windows.actions = 3;
  EXPECT_THAT(names_taken(), ElementsAre("z", "deep", "sub", "b", "gone"));
}

TEST_F(DoomedTrees, MakeRoomForAnotherTypeOfEntry) {
  plant_source({{".", directory()}, {"gone", directory()}, {"gone/sub", file("sub")}});
  EXPECT_THAT(names_taken(), Contains("deep"));
}

TEST_F(DoomedTrees, AreEmptiedFirstForABackup) {
  const std::string backups = scratch_ / "backups";
  plant({}, backups);
  options_.backup_folder = backups;
  EXPECT_THAT(names_taken(), IsSupersetOf({"a", "b", "c", "d", "z", "gone"}));
}

TEST_F(DoomedTrees, AreEmptiedFirstWhereTheDiskHasNoRoomToRecordWhatIsDone) {
  fs_.intercept([](const CallInfo& call) { return call.call == Call::kWrite ? ENOSPC : 0; });
  EXPECT_THAT(names_taken(), IsSupersetOf({"a", "b", "c", "d", "z", "gone"}));
}

TEST_F(DoomedTrees, AreEmptiedFirstWhereDirectoriesCanNotBeRenamed) {
  fs_.intercept([](const CallInfo& call) {
    const bool is_directory = call.names("gone") || call.names("sub") || call.names("deep");
    return call.call == Call::kRename && is_directory ? EXDEV : 0;
  });
  EXPECT_THAT(names_taken(), IsSupersetOf({"a", "b", "c", "d", "z"}));
}

TEST_F(DoomedTrees, AreEmptiedFirstWhereTheirOwnerMayNotDoSoLater) {
  ASSERT_EQ(::chmod(in_replica("gone/sub/deep").c_str(), 0555), 0);
  EXPECT_THAT(names_taken(), IsSupersetOf({"a", "b", "c", "d", "z", "gone"}));
}

TEST_F(DoomedTrees, WhatIsPutIntoOneInTheLastMomentComesBackAndStays) {
  const MirrorRun raced = run_racing([&] { write_file(in_replica("gone/sub/late"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("gone/sub/late")), kForeign);
  EXPECT_EQ(raced.of("gone/a").outcome, Outcome::kOk) << raced.troubles();
  EXPECT_EQ(raced.of("gone/sub").outcome, Outcome::kStale) << raced.troubles();
  EXPECT_FALSE(raced.conflicts);
  EXPECT_THAT(read_tree(in_replica("gone")), Not(Contains(Key("a"))));
  expect_converges();
}

TEST_F(DoomedTrees, AFileThatIsSavedInOneInTheLastMomentComesBackAndStays) {
  const MirrorRun raced = run_racing([&] { save_over(in_replica("gone/sub/c"), kForeign); });
  EXPECT_EQ(bytes_of(in_replica("gone/sub/c")), kForeign);
  EXPECT_EQ(raced.of("gone/sub/c").outcome, Outcome::kStale) << raced.troubles();
  EXPECT_EQ(raced.of("gone/sub/deep/d").outcome, Outcome::kOk) << raced.troubles();
  expect_converges();
}

TEST_F(DoomedTrees, OneThatIsReplacedInTheLastMomentStays) {
  run_racing([&] {
    ASSERT_EQ(::rename(in_replica("gone").c_str(), (scratch_ / "saved").c_str()), 0);
    plant({{"theirs", file(kForeign)}}, in_replica("gone"));
  });
  EXPECT_EQ(bytes_of(in_replica("gone/theirs")), kForeign);
  EXPECT_EQ(bytes_of(scratch_ / "saved/sub/c"), "c");
  expect_converges();
}

// The way back is taken as well.
TEST_F(DoomedTrees, WhatCanNotComeBackIsKeptAsAConflict) {
  fs_.intercept(act_before(
      [](const CallInfo& call) { return call.call == Call::kRename && call.new_name == "gone"; },
      [&] { write_file(in_replica("gone"), "a file of that name"); }));
  const MirrorRun raced = run_racing([&] { write_file(in_replica("gone/late"), kForeign); });
  EXPECT_TRUE(raced.conflicts) << raced.troubles();
  EXPECT_EQ(raced.of("gone").outcome, Outcome::kError);
  EXPECT_EQ(raced.of("gone/sub/c").outcome, Outcome::kError);
  EXPECT_EQ(bytes_of(in_replica("gone")), "a file of that name");
  EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")),
              IsSupersetOf({std::string(kForeign), std::string("c"), std::string("d")}));
}

TEST_F(DoomedTrees, WhatIsWrittenByWhoeverStandsInOneIsKeptAsAConflict) {
  for (const char* const name : {"late", "c"}) {
    SCOPED_TRACE(name);
    const Tree before = read_tree(replica_);
    const Fd inside = stand_in("gone/sub");
    FaultyFileSystem fs;
    fs.intercept(act_before(Call::kRemoveFile, "z", [&] { write_in(inside, name, kForeign); }));
    const MirrorRun raced = run(fs, options_);
    EXPECT_TRUE(raced.conflicts) << raced.troubles();
    EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")), Contains(kForeign));
    EXPECT_THAT(read_tree(replica_), Not(Contains(Key("gone"))));
    remove_tree(replica_);
    plant_replica(before);
  }
}

TEST_F(DoomedTrees, WhatCanNotBeLookedThroughBeforeItIsRemovedWaitsForTheNextRun) {
  const Fd inside = stand_in("gone/sub");
  bool is_done = false;
  const MirrorRun blind = run_with([&](const CallInfo& call) {
    if (!is_done && call.call == Call::kRename && call.new_name == "DONE") {
      is_done = true;
      write_in(inside, "late", kForeign);
    }
    const bool looks = call.call == Call::kStatusAt || call.call == Call::kList;
    return is_done && looks ? EIO : 0;
  });
  EXPECT_TRUE(blind.error) << "nobody knows of it";
  EXPECT_EQ(blind.of("gone/a").outcome, Outcome::kOk);
  const MirrorRun next = run(options_);
  EXPECT_TRUE(next.conflicts) << next.troubles();
  EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")), Contains(kForeign));
}

TEST_F(DoomedTrees, WhatTheSourceHasByThenStays) {
  run_with(act_before(Call::kCreateFile, "COMMIT", [&] {
    plant({{"sub", directory()}, {"sub/c", file("came back")}}, in_source("gone"));
  }));
  EXPECT_EQ(bytes_of(in_replica("gone/sub/c")), "c") << "deleted although the source has it";
  expect_converges();
}

// Everything that fails while one is looked through brings it back, and it goes entry by entry or
// not at all.
TEST_F(DoomedTrees, EachCallFailsAndNothingOfOthersIsLost) {
  const Tree before = read_tree(replica_);
  std::uint64_t calls = 1;
  for (std::uint64_t nth = 1; nth <= calls && !HasFailure(); ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth) + " after the rename fails");
    remove_tree(replica_);
    plant_replica(before);
    FaultyFileSystem fs;
    std::uint64_t taken = 0;
    fs.intercept([&](const CallInfo& call) {
      if (taken == 0 && is_from_replica(call, "gone")) {
        taken = call.number;
        write_file(in_replica("gone/sub/deep/late"), kForeign);
      }
      return taken != 0 && call.number == taken + nth ? EIO : 0;
    });
    const MirrorRun made = run(fs, options_);
    calls = fs.calls() - taken;
    ASSERT_THAT(contents_in(replica_), Contains(kForeign));
    if (!made.conflicts) expect_converges();
  }
}

// The run ends at each call after the rename, as a kill would end it: nothing works any more.
TEST_F(DoomedTrees, AfterAKillAtAnyCallTheNextRunFinishesAndKeepsWhatOthersWrote) {
  const Tree before = read_tree(replica_);
  for (const bool are_others_there : {false, true}) {
    std::uint64_t calls = 1;
    for (std::uint64_t nth = 1; nth <= calls && !HasFailure(); ++nth) {
      SCOPED_TRACE(std::string(are_others_there ? "others, " : "") + "killed " +
                   std::to_string(nth) + " calls after the rename");
      remove_tree(replica_);
      plant_replica(before);
      FaultyFileSystem fs;
      std::uint64_t taken = 0;
      fs.intercept([&](const CallInfo& call) {
        if (taken == 0 && is_from_replica(call, "gone")) {
          taken = call.number;
          if (are_others_there) write_file(in_replica("gone/sub/deep/late"), kForeign);
        }
        return taken != 0 && call.number >= taken + nth ? EIO : 0;
      });
      (void)run(fs, options_);
      calls = fs.calls() - taken;
      std::vector<std::string> kept;
      MirrorOptions looking;
      looking.before_apply = [&] { kept = contents_in(replica_); };
      const MirrorRun next = run(looking);
      EXPECT_FALSE(next.error) << next.troubles();
      EXPECT_FALSE(next.conflicts) << "did not come back: " << next.troubles();
      if (are_others_there) {
        EXPECT_THAT(kept, Contains(kForeign));
      }
      expect_exact_copy();
    }
  }
}

// A run that is killed right after the directory went, or, `with_done`, when everything was done.
class KilledDoomedTrees : public DoomedTrees {
 protected:
  void kill(bool with_done, const std::function<void()>& act = {}) {
    FaultyFileSystem fs;
    bool is_killed = false;
    fs.intercept([&](const CallInfo& call) {
      if (is_killed) return EIO;
      const bool is_last = with_done ? call.call == Call::kRename && call.new_name == "DONE"
                                     : is_from_replica(call, "gone");
      is_killed = is_last;
      return 0;
    });
    (void)run(fs, options_);
    if (act) act();
  }

  // Another run, in which each call in turn fails once, on what the killed one left. `where`
  // somebody writes after the kill; `judge` sees what is left of all.
  void fail_each_call_after_it(bool with_done, const char* where,
                               const std::function<void()>& judge) {
    const Tree before = read_tree(replica_);
    bool has_failed = true;
    for (std::uint64_t nth = 1; has_failed && !HasFailure(); ++nth) {
      remove_tree(replica_);
      plant_replica(before);
      const Fd inside = where == nullptr ? Fd() : stand_in(where);
      kill(with_done, [&] {
        if (where != nullptr) write_in(inside, "late", kForeign);
      });
      FaultyFileSystem fs;
      fs.intercept(fail_at(nth, EIO, Lasting::kOnce));
      const MirrorRun next = run(fs, options_);
      SCOPED_TRACE("call " + std::to_string(nth) + ": " + fs.first_failure() + "\n" +
                   next.troubles());
      has_failed = !fs.first_failure().empty();
      judge();
    }
  }
};

TEST_F(KilledDoomedTrees, WhatOthersWroteIntoOneIsKeptWhicheverCallOfTheNextRunFails) {
  const auto judge = [&] {
    EXPECT_THAT(contents_in(replica_), Contains(kForeign));
    (void)run(options_);
    EXPECT_THAT(contents_in(replica_), Contains(kForeign));
  };
  fail_each_call_after_it(true, "gone/sub", judge);
  remove_tree(replica_);
  plant_replica({{".", directory()}, {"gone", directory()}, {"gone/a", file("a")}});
  fail_each_call_after_it(true, "gone", judge);
}

TEST_F(KilledDoomedTrees, WhatRecoveryPutsAsideBecauseItFailedStays) {
  fail_each_call_after_it(false, nullptr, [&] {
    const std::string aside = in_replica(".sync-txn/conflict/killed-1");
    if (::access(aside.c_str(), F_OK) != 0) return;
    EXPECT_THAT(contents_in(aside), IsSupersetOf({"a", "c", "d", "z"}));
    (void)run(options_);
    EXPECT_THAT(contents_in(aside), IsSupersetOf({"a", "c", "d", "z"}));
  });
}

TEST_F(KilledDoomedTrees, OneThatCanNotBeGivenBackStays) {
  plant_replica({{"around", directory()},
                 {"around/kept", file("kept")},
                 {"around/tree", directory()},
                 {"around/tree/e", file("e")}});
  plant_source({{"around", directory()}, {"around/kept", file("kept")}});
  FaultyFileSystem fs;
  bool is_killed = false;
  fs.intercept([&](const CallInfo& call) {
    if (is_killed) return EIO;
    is_killed = is_from_replica(call, "tree");
    return 0;
  });
  (void)run(fs, options_);
  ASSERT_EQ(::rename(in_replica("around").c_str(), in_replica("elsewhere").c_str()), 0);
  FileSystem& calm = posix_file_system();
  const Root root = open_root(calm, replica_, "replica").value();
  ReportRecorder observer;
  const Policy policy = policy_of_this_process();
  (void)recover({calm, root, policy, observer, test::kept_keys(), Recovery::kRollBack});
  EXPECT_THAT(contents_in(replica_), Contains("e"));
}

TEST_F(DoomedTrees, AreRemovedThoughACallFailsOnce) {
  int failures = 0;
  const MirrorRun made = run_with([&](const CallInfo& call) {
    return call.call == Call::kRemoveFile && call.name == "z" && failures++ == 0 ? EIO : 0;
  });
  EXPECT_FALSE(made.conflicts) << made.troubles();
  EXPECT_EQ(failures, 2);
  expect_exact_copy();
}

TEST_F(DoomedTrees, WhatCanNotBeRemovedWaitsForTheNextRun) {
  const auto refuse = [](const CallInfo& call) {
    return call.call == Call::kRemoveFile && call.name == "z" ? EPERM : 0;
  };
  const Tree before = read_tree(replica_);
  for (const bool is_for_good : {false, true}) {
    remove_tree(replica_);
    plant_replica(before);
    FaultyFileSystem fs;
    fs.intercept(refuse);
    const MirrorRun made = run(fs, options_);
    ASSERT_TRUE(made.error);
    EXPECT_EQ(made.error->error_number, EPERM);
    EXPECT_EQ(made.of("gone/a").outcome, Outcome::kOk);
    EXPECT_THAT(read_tree(replica_), Not(Contains(Key("gone"))));
    const MirrorRun next = is_for_good ? run(fs, options_) : run(options_);
    EXPECT_FALSE(next.error) << next.troubles();
    EXPECT_EQ(next.conflicts, is_for_good);
    if (is_for_good) {
      EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")), Contains("z"));
    } else {
      expect_exact_copy();
    }
  }
}

// As somebody without root's rights finds it.
TEST_F(DoomedTrees, AreRemovedThoughSomebodyHasMadeThemReadOnlyMeanwhile) {
  const Fd inside = stand_in("gone/sub");
  bool is_tried = false;
  const MirrorRun made = run_with([&](const CallInfo& call) {
    if (call.call != Call::kRemoveFile || call.name != "z") return 0;
    if (!std::exchange(is_tried, true)) ::fchmod(inside.get(), 0555);
    struct stat now {};
    ::fstat(inside.get(), &now);
    return (now.st_mode & 0200) == 0 ? EACCES : 0;
  });
  EXPECT_TRUE(is_tried);
  EXPECT_FALSE(made.conflicts) << made.troubles();
  expect_exact_copy();
}

bool is_put_aside(const CallInfo& call) {
  const bool is_number = call.name.find_first_not_of("0123456789-") == std::string_view::npos;
  return call.call == Call::kRename && is_number && call.new_name.starts_with(call.name);
}

TEST_F(DoomedTrees, WhatCanNotBePutAsideAfterItWasFilledWaitsForTheNextRun) {
  const Fd inside = stand_in("gone/sub");
  fs_.intercept(act_before(Call::kRemoveFile, "z", [&] { write_in(inside, "late", kForeign); }));
  const MirrorRun full =
      run_with([](const CallInfo& call) { return is_put_aside(call) ? ENOSPC : 0; });
  EXPECT_TRUE(full.error);
  EXPECT_EQ(full.of("gone/a").outcome, Outcome::kOk);
  EXPECT_THAT(contents_in(replica_), Contains(kForeign));
  const MirrorRun next = run(options_);
  EXPECT_TRUE(next.conflicts) << next.troubles();
  EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")), Contains(kForeign));
}

TEST_F(DoomedTrees, WhatCanNeitherComeBackNorBePutAsideWaitsForTheNextRun) {
  fs_.intercept(act_before(
      [](const CallInfo& call) { return call.call == Call::kRename && call.new_name == "gone"; },
      [&] { write_file(in_replica("gone"), "a file of that name"); }));
  fs_.intercept([](const CallInfo& call) { return is_put_aside(call) ? ENOSPC : 0; });
  const MirrorRun raced = run_racing([&] { write_file(in_replica("gone/late"), kForeign); });
  EXPECT_TRUE(raced.error) << raced.troubles();
  (void)run(options_);
  EXPECT_THAT(contents_in(in_replica(".sync-txn/conflict")), Contains(kForeign));
}

}  // namespace
}  // namespace foldersync
