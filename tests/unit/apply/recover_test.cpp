#include "apply/recovery/recover.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "apply/stage/record.h"
#include "fs/boot.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"
#include "support/forwarding_file_system.h"
#include "support/kept_keys.h"
#include "unit/apply/warnings.h"

namespace foldersync {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using What = Recovered::What;

FileStatus look(const std::string& path) {
  FileSystem& calm = posix_file_system();
  const auto slash = path.rfind('/');
  const auto directory = calm.open_root(path.substr(0, slash).c_str());
  EXPECT_TRUE(directory.ok());
  const auto status = calm.status_at(directory->get(), path.substr(slash + 1).c_str());
  EXPECT_TRUE(status.ok()) << path;
  return status.ok() ? *status : FileStatus{};
}

Facts facts_of(const FileStatus& status) {
  Facts facts;
  facts.type = status.type;
  facts.mode = status.mode;
  facts.size = status.size;
  facts.mtime = status.mtime;
  return facts;
}

// A replica in which a run was killed: "created" was to appear, "updated" to get new content,
// "deleted" to go. Each test says how far it came.
class RecoverTest : public testing::Test {
 protected:
  RecoverTest() { plant_anew(); }

  void plant_anew() {
    remove_tree(scratch_.path());
    plant({{".", directory().at(5000)},
           {"updated", file("old")},
           {"deleted", file("goes")},
           {".sync-txn", directory().with_mode(0700)},
           {".sync-txn/0", directory().with_mode(0700)},
           {".sync-txn/0/1", file("created")},
           {".sync-txn/0/2", file("the new one")},
           {".sync-txn/moved", directory().with_mode(0700)},
           {".sync-txn/origin", file("5000 5\n")}},
          scratch_.path());
    root_.identity = "the replica";
    root_.fd = Fd(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    root_.path = scratch_.path();
    root_.status = look(scratch_.path());
    test::prove(root_.fd.get(), {}, root_.identity, key_);
    keys_ = {};
    keys_.add(root_.identity, key_);
    record_ = record();
  }

  [[nodiscard]] std::string in(const std::string& path) const { return scratch_ / path; }

  Result<Recovered> recover(Recovery wanted = Recovery::kFinish, bool drop = false) {
    return recover_with(fs_, wanted, drop);
  }
  Result<Recovered> recover_with(FileSystem& fs, Recovery wanted, bool drop = false) {
    RecoverRequest request = of(fs);
    request.wanted = wanted;
    request.drop_conflicts = drop;
    return foldersync::recover(request);
  }
  RecoverRequest of(FileSystem& fs) {
    observer_.sentences.clear();
    return {.fs = fs, .replica = root_, .policy = policy_, .observer = observer_, .keys = keys_};
  }

  WindowRecord record() {
    WindowRecord record;
    record.plan.tool_version = "1";
    record.plan.plan_id = "019a0d3e-5b80-7c3a-9f21-0123456789ab";
    record.plan.source = {"/source", "", ""};
    record.plan.replica = {"/replica", "", ""};
    record.boot = boot_id();
    record.durable = true;
    const auto add = [&](Op op, const std::string& path, const char* staged) {
      Action action;
      action.op = op;
      action.phase = op == Op::kDelete ? Phase::kDelete : Phase::kWrite;
      action.path = RelPath(path);
      action.reasons = {op == Op::kCreate   ? Reason::kMissing
                        : op == Op::kDelete ? Reason::kExtra
                                            : Reason::kSize};
      ActionRecord entry;
      entry.is_due = true;
      entry.folder = staged == nullptr ? "moved" : "0";
      if (staged != nullptr) entry.made = look(in(staged));
      if (staged != nullptr) action.after = facts_of(*entry.made);
      if (op != Op::kCreate) entry.old = look(in(path));
      if (op != Op::kCreate) action.before = facts_of(*entry.old);
      count(action, record.plan.summary);
      record.plan.actions.push_back(std::move(action));
      entry.seq = record.actions.size() + 1;
      record.actions.push_back(std::move(entry));
    };
    add(Op::kCreate, "created", ".sync-txn/0/1");
    add(Op::kUpdate, "updated", ".sync-txn/0/2");
    add(Op::kDelete, "deleted", nullptr);
    return record;
  }

  // The run was to give the directory a time when all else is done.
  void finishes(const std::string& path, FileTime mtime) {
    Action action;
    action.op = Op::kMetadata;
    action.phase = Phase::kFinish;
    action.path = RelPath(path);
    action.reasons = {Reason::kChildren};
    ActionRecord entry;
    entry.is_due = true;
    entry.folder = "moved";
    entry.old = look(in(path));
    entry.seq = record_.actions.size() + 1;
    action.before = facts_of(*entry.old);
    action.before->size.reset();
    action.after = action.before;
    action.before->mtime.reset();
    action.after->mtime = mtime;
    count(action, record_.plan.summary);
    record_.plan.actions.push_back(std::move(action));
    record_.actions.push_back(std::move(entry));
  }

  void prove_in_d() {
    const Fd d(::open(in("d").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    test::prove(d.get(), "d", root_.identity, key_);
  }

  // The killed run had got this far with what it wrote down.
  void left(Marker marker) {
    const Fd area(::open(in(".sync-txn").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    FileSystem& calm = posix_file_system();
    ASSERT_TRUE(write_record(calm, {area.get(), root_.status.device, key_}, record_, false).ok());
    ASSERT_TRUE(set_marker(calm, area.get(), marker, std::nullopt).ok());
  }
  // ... and with its renames.
  void renamed() {
    ASSERT_EQ(::rename(in(".sync-txn/0/1").c_str(), in("created").c_str()), 0);
    exchange("updated", ".sync-txn/0/2");
    ASSERT_EQ(::rename(in("deleted").c_str(), in(".sync-txn/moved/3").c_str()), 0);
  }
  void exchange(const std::string& a, const std::string& b) {
    ASSERT_EQ(::renameat2(AT_FDCWD, in(a).c_str(), AT_FDCWD, in(b).c_str(), RENAME_EXCHANGE), 0);
  }
  // Somebody else has changed the entry since: a new file has its name.
  void others_save(const std::string& path) {
    write_file(in(path) + ".saving", "of others");
    ASSERT_EQ(::rename((in(path) + ".saving").c_str(), in(path).c_str()), 0);
  }

  // Every file that is left, as PATH=CONTENT, but for the record and proofs.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> result;
    for (const auto& [path, entry] : read_tree(scratch_.path())) {
      if (path.ends_with("/actions") || path.ends_with("/records")) continue;
      if (path.find("/proof-") != std::string::npos) continue;
      if (entry.type == FileType::kFile) result.push_back(path + "=" + entry.content);
    }
    return result;
  }
  void expect_new() const {
    EXPECT_THAT(files(), ElementsAre("created=created", "updated=the new one"));
    EXPECT_FALSE(read_tree(scratch_.path()).contains(".sync-txn"));
  }
  void expect_old() const {
    EXPECT_THAT(files(), ElementsAre("deleted=goes", "updated=old"));
    EXPECT_FALSE(read_tree(scratch_.path()).contains(".sync-txn"));
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  const Policy policy_{::geteuid() == 0, true, ::geteuid(), ::getegid(), false, {}};
  Root root_;
  StagingKey key_ = test::hand_made_key();
  test::KeptKeys keys_;
  WindowRecord record_;
  test::Warnings observer_;
};

TEST_F(RecoverTest, FindsNothingWhereNoRunWasKilled) {
  remove_tree(in(".sync-txn"));
  const auto done = recover();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->what, What::kNothing);
}

TEST_F(RecoverTest, RemovesWhatWasStagedOfARunThatHadNotSaidWhatItWouldDo) {
  const auto done = recover();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->what, What::kCleared);
  expect_old();
  EXPECT_EQ(read_tree(scratch_.path()).at(".").mtime, (FileTime{5000, 5})) << "the root's old time";
}

TEST_F(RecoverTest, GoesOnTakingBackWhateverIsAskedForOnceThatHasBegun) {
  left(Marker::kRollback);
  renamed();
  ASSERT_EQ(recover(Recovery::kFinish)->what, What::kRolledBack);
  expect_old();
}

TEST_F(RecoverTest, TakesNothingBackOfWhatWasDone) {
  renamed();
  left(Marker::kDone);
  ASSERT_EQ(recover(Recovery::kRollBack)->what, What::kCleared);
  expect_new();
}

// Nothing is left but to remove what lies in the staging folder, and to date the root.
TEST_F(RecoverTest, LeavesTheRootAsItWasWhereEverythingWasTakenBack) {
  left(Marker::kUndone);
  ASSERT_EQ(recover()->what, What::kCleared);
  EXPECT_EQ(read_tree(scratch_.path()).at(".").mtime, (FileTime{5000, 5}));
}

TEST_F(RecoverTest, TakesBackWhatWasNotDurableWhenTheSystemWentDown) {
  record_.durable = false;
  record_.boot = "another boot";
  left(Marker::kCommit);
  renamed();
  ASSERT_EQ(recover()->what, What::kRolledBack);
  EXPECT_THAT(observer_.sentences, ElementsAre(HasSubstr("the system went down")));
  expect_old();
  EXPECT_EQ(read_tree(scratch_.path()).at(".").mtime, (FileTime{5000, 5})) << "the root's old time";
}

TEST_F(RecoverTest, FinishesWhatWasDurableWhenTheSystemWentDown) {
  record_.boot = "another boot";
  left(Marker::kCommit);
  const auto done = recover();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->what, What::kFinished);
  EXPECT_EQ(done->overtaken + done->failed, 0U);
  expect_new();
}

TEST_F(RecoverTest, WhatOthersWroteAfterAnActionStaysThoughItIsTakenBack) {
  left(Marker::kCommit);
  renamed();
  others_save("updated");
  others_save("created");
  const auto done = recover(Recovery::kRollBack);
  ASSERT_TRUE(done.ok());
  EXPECT_TRUE(done->conflicts);
  EXPECT_THAT(files(), ElementsAre(".sync-txn/conflict/2=of others", "created=of others",
                                   "deleted=goes", "updated=old"));
}

TEST_F(RecoverTest, WhatCameOutOfAnExchangeAndIsNotWhatWasExpectedGoesBack) {
  left(Marker::kCommit);
  others_save("updated");
  exchange("updated", ".sync-txn/0/2");
  const auto done = recover();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->overtaken, 1U);
  EXPECT_THAT(files(), ElementsAre("created=created", "updated=of others"));
}

TEST_F(RecoverTest, WhatWasTakenAwayAndIsNotWhatWasExpectedGoesBack) {
  left(Marker::kCommit);
  others_save("deleted");
  ASSERT_EQ(::rename(in("deleted").c_str(), in(".sync-txn/moved/3").c_str()), 0);
  const auto done = recover();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->overtaken, 1U);
  EXPECT_THAT(files(), ElementsAre("created=created", "deleted=of others", "updated=the new one"));
}

TEST_F(RecoverTest, AWayBackThatFailsGoesOnWhateverIsAskedForNext) {
  record_.atomic = true;
  left(Marker::kCommit);
  renamed();
  FaultyFileSystem failing;
  failing.intercept([](const CallInfo& info) {
    return info.call == Call::kRename && info.names("updated") ? EIO : 0;
  });
  ASSERT_FALSE(recover_with(failing, Recovery::kRollBack).ok());
  ASSERT_EQ(recover(Recovery::kFinish)->what, What::kRolledBack);
  expect_old();
}

// A directory of another user's, in which this one may make entries.
TEST_F(RecoverTest, ATimeThatCanNotBeGivenBackOrSetIsAWarningAndNoHindrance) {
  for (const Recovery wanted : {Recovery::kFinish, Recovery::kRollBack}) {
    plant_anew();
    plant_object(directory().at(100), scratch_.path(), "d");
    finishes("d", {200, 0});
    record_.atomic = true;
    left(Marker::kCommit);
    renamed();
    set_mtime(in("d"), {300, 0});
    fs_.intercept([](const CallInfo& info) { return info.call == Call::kSetMtime ? EPERM : 0; });
    const auto done = recover(wanted);
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(done->what, wanted == Recovery::kFinish ? What::kFinished : What::kRolledBack);
    EXPECT_FALSE(done->conflicts);
    EXPECT_THAT(observer_.sentences, Contains(HasSubstr("metadata of 'd'")));
    EXPECT_THAT(observer_.sentences, Contains(HasSubstr("EPERM")));
    wanted == Recovery::kFinish ? expect_new() : expect_old();
  }
}

TEST_F(RecoverTest, ATimeThatMayBeGivenBackLaterIsWaitedFor) {
  plant_object(directory().at(100), scratch_.path(), "d");
  finishes("d", {200, 0});
  record_.atomic = true;
  left(Marker::kCommit);
  renamed();
  set_mtime(in("d"), {300, 0});
  FaultyFileSystem failing;
  failing.intercept([](const CallInfo& info) { return info.call == Call::kSetMtime ? EIO : 0; });
  ASSERT_FALSE(recover_with(failing, Recovery::kRollBack).ok());
  ASSERT_EQ(recover()->what, What::kRolledBack);
  EXPECT_EQ(look(in("d")).mtime, record_.actions.back().old->mtime);
}

TEST_F(RecoverTest, TheRootsTimeThatCanNotBeGivenBackIsAWarning) {
  left(Marker::kCommit);
  renamed();
  fs_.intercept([](const CallInfo& info) { return info.call == Call::kSetMtime ? EPERM : 0; });
  ASSERT_EQ(recover(Recovery::kRollBack)->what, What::kRolledBack);
  EXPECT_THAT(observer_.sentences, ElementsAre(HasSubstr("time of the replica itself")));
  expect_old();
}

// As on the lower layers of an overlay.
TEST_F(RecoverTest, WhereDirectoriesCanNotBeRenamedAnEmptyOneIsRemovedAtOnceAndMadeAnew) {
  for (const Recovery wanted : {Recovery::kFinish, Recovery::kRollBack}) {
    plant_anew();
    plant_object(directory(), scratch_.path(), "emptied");
    Action& removal = record_.plan.actions[2];
    removal.phase = Phase::kRmdir;
    removal.path = RelPath("emptied");
    removal.before = Facts{};
    removal.before->type = FileType::kDirectory;
    record_.actions[2].old = look(in("emptied"));
    record_.plan.summary = {};
    for (const Action& action : record_.plan.actions) count(action, record_.plan.summary);
    left(Marker::kCommit);
    if (wanted == Recovery::kRollBack) remove_tree(in("emptied"));
    fs_.intercept([](const CallInfo& info) {
      return info.call == Call::kRename && info.names("emptied") ? EXDEV : 0;
    });
    const auto done = recover(wanted);
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(done->overtaken + done->failed, 0U);
    EXPECT_EQ(read_tree(scratch_.path()).contains("emptied"), wanted == Recovery::kRollBack);
  }
}

// A directory of the replica on which somebody has mounted another file system since.
class MountedOver final : public test::ForwardingFileSystem {
 public:
  MountedOver(FileSystem& inner, const FileStatus& directory)
      : ForwardingFileSystem(inner), directory_(directory) {}
  Result<FileStatus> status(int fd) override {
    auto status = ForwardingFileSystem::status(fd);
    if (status && same_object(*status, directory_)) ++status->mount;
    return status;
  }

 private:
  FileStatus directory_;
};

TEST_F(RecoverTest, EntersNoOtherMount) {
  for (const Recovery wanted : {Recovery::kFinish, Recovery::kRollBack}) {
    plant_anew();
    plant_object(directory(), scratch_.path(), "d");
    record_.plan.actions[0].path = RelPath("d/created");
    left(Marker::kCommit);
    MountedOver mounted(fs_, look(in("d")));
    const auto done = recover_with(mounted, wanted);
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(done->failed, wanted == Recovery::kFinish ? 1U : 0U);
    EXPECT_EQ(read_tree(in("d")).size(), 1U) << "the directory alone";
  }
}

// Where renames from the root's staging folder don't reach, a run stages beside the target.
TEST_F(RecoverTest, OfWhatLiesBesideItsTargetOnlyWhatTheRecordKnowsGoes) {
  plant_object(directory(), scratch_.path(), "d");
  plant_object(directory().with_mode(0700), scratch_.path(), "d/.sync-txn");
  prove_in_d();
  for (Action& action : record_.plan.actions) action.path = RelPath("d/" + action.path.bytes());
  for (const char* const name : {"updated", "deleted"}) {
    ASSERT_EQ(::rename(in(name).c_str(), in(std::string("d/") + name).c_str()), 0);
  }
  left(Marker::kDone);
  write_file(in("d/.sync-txn/1"), "of them");  // of the size of what was to be created
  ASSERT_EQ(::rename(in("d/deleted").c_str(), in("d/.sync-txn/3").c_str()), 0);
  const auto done = recover();
  ASSERT_TRUE(done.ok());
  EXPECT_TRUE(done->conflicts);
  EXPECT_THAT(files(), ElementsAre("d/.sync-txn/conflict/1=of them", "d/updated=old"));
}

TEST_F(RecoverTest, ASecondCopyOfWhatWasStagedThatLiesBesideItsTargetGoes) {
  plant_object(directory(), scratch_.path(), "d");
  plant_object(directory().with_mode(0700), scratch_.path(), "d/.sync-txn");
  prove_in_d();
  record_.plan.actions[0].path = RelPath("d/created");
  record_.actions[0].made->device += 1;  // the copy has no name on the root's file system
  write_file(in("d/.sync-txn/1"), "created");
  set_mtime(in("d/.sync-txn/1"), record_.actions[0].made->mtime);
  left(Marker::kDone);
  const auto done = recover();
  ASSERT_TRUE(done.ok());
  EXPECT_FALSE(done->conflicts);
  EXPECT_FALSE(read_tree(scratch_.path()).contains("d/.sync-txn"));
}

TEST_F(RecoverTest, ARecordThatCanNotBeReadKeepsAllThatLiesThere) {
  for (const std::string name : {"records", "actions"}) {
    plant_anew();
    left(Marker::kCommit);
    exchange("updated", ".sync-txn/0/2");
    ASSERT_EQ(::truncate(in(".sync-txn/" + name).c_str(), 100), 0);
    const auto done = recover();
    ASSERT_TRUE(done.ok()) << name;
    EXPECT_EQ(done->what, What::kCleared);
    EXPECT_TRUE(done->conflicts);
    EXPECT_THAT(observer_.sentences, ElementsAre(HasSubstr("can't be read")));
    EXPECT_THAT(files(), testing::Contains(".sync-txn/conflict/killed-1/0/2=old"));
    EXPECT_THAT(files(), testing::Contains(".sync-txn/conflict/killed-1/0/1=created"));
    EXPECT_EQ(bytes_of(in("updated")), "the new one");
    EXPECT_EQ(recover()->what, What::kNothing) << "no run was killed since";
  }
}

TEST_F(RecoverTest, ARecordThatCanNotBeReadKeepsWhatWasDisplacedAlthoughAllWasDone) {
  for (const std::string name : {"records", "actions"}) {
    plant_anew();
    left(Marker::kDone);
    exchange("updated", ".sync-txn/0/2");
    ASSERT_EQ(::truncate(in(".sync-txn/" + name).c_str(), 100), 0);
    const auto done = recover();
    ASSERT_TRUE(done.ok()) << name;
    EXPECT_TRUE(done->conflicts) << "others may have filled it, and nobody knows what it was";
    EXPECT_THAT(files(), testing::Contains(".sync-txn/conflict/killed-1/0/2=old"));
  }
}

// As a run leaves it that was killed when all was removed.
TEST_F(RecoverTest, WhereARecordIsGoneAndAllWasDoneNothingIsKept) {
  renamed();
  left(Marker::kDone);
  ASSERT_EQ(::unlink(in(".sync-txn/records").c_str()), 0);
  const auto done = recover();
  ASSERT_TRUE(done.ok());
  EXPECT_FALSE(done->conflicts);
  expect_new();
}

TEST_F(RecoverTest, ADiskThatGivesNoAnswerIsNoRecordThatCanNotBeRead) {
  left(Marker::kCommit);
  fs_.intercept(fail_nth(Call::kRead, 2, EIO));
  ASSERT_EQ(recover()->what, What::kFinished);
  expect_new();
}

TEST_F(RecoverTest, ConflictsStayUntilTheyAreDroppedAndAreToldEachTime) {
  plant_object(directory(), scratch_.path(), ".sync-txn/conflict");
  write_file(in(".sync-txn/conflict/7"), "of others");
  EXPECT_TRUE(recover()->conflicts);
  const auto again = recover();
  EXPECT_TRUE(again->conflicts);
  EXPECT_EQ(again->what, What::kNothing);
  EXPECT_EQ(bytes_of(in(".sync-txn/conflict/7")), "of others");
  EXPECT_FALSE(recover(Recovery::kFinish, true)->conflicts);
  expect_old();
}

TEST_F(RecoverTest, ConflictsAreDroppedAndWhatWasBegunIsFinished) {
  left(Marker::kCommit);
  plant_object(directory(), scratch_.path(), ".sync-txn/conflict");
  write_file(in(".sync-txn/conflict/7"), "of others");
  ASSERT_EQ(recover(Recovery::kFinish, true)->what, What::kFinished);
  expect_new();
}

TEST_F(RecoverTest, WhatFailsInAnApplyThatIsAllOrNothingIsAnErrorAndCanBeTriedAgain) {
  record_.atomic = true;
  left(Marker::kCommit);
  FaultyFileSystem failing;
  failing.intercept([](const CallInfo& info) {
    return info.call == Call::kRename && info.names("updated") ? EPERM : 0;
  });
  EXPECT_FALSE(recover_with(failing, Recovery::kFinish).ok());
  ASSERT_EQ(recover()->what, What::kFinished);
  expect_new();
}

TEST_F(RecoverTest, WhatFailsInAnOrdinaryRunIsCountedAndWhatLiesThereIsKept) {
  left(Marker::kCommit);
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kRename && info.names("updated") ? EPERM : 0;
  });
  const auto done = recover();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->failed, 1U);
  EXPECT_TRUE(done->conflicts);
  EXPECT_EQ(bytes_of(in("updated")), "old");
}

TEST_F(RecoverTest, WhereACallFailsItCanBeTriedAgainAndEndsTheSameWay) {
  for (const Recovery wanted : {Recovery::kFinish, Recovery::kRollBack}) {
    const bool finishes = wanted == Recovery::kFinish;
    for (std::uint64_t nth = 1, calls = 1; nth <= calls; ++nth) {
      plant_anew();
      record_.atomic = true;
      left(Marker::kCommit);
      if (!finishes) renamed();
      FaultyFileSystem failing;
      failing.intercept(fail_at(nth, EIO, Lasting::kOnce));
      (void)recover_with(failing, wanted);
      calls = failing.calls();
      ASSERT_TRUE(recover(wanted).ok()) << failing.first_failure();
      SCOPED_TRACE(failing.first_failure());
      finishes ? expect_new() : expect_old();
      if (HasFailure()) return;
    }
  }
}

// What can't be looked at is left as it is: by a run for good, since all else becomes equal.
TEST_F(RecoverTest, AFolderThatCanNotBeLookedAtIsAProblemOfThatFolderAlone) {
  const auto calls_on = {Call::kOpenDirectory, Call::kIncarnation, Call::kStatusAt, Call::kOpenFile,
                         Call::kRead};
  for (const Call call : calls_on) {
    for (const bool run_follows : {false, true}) {
      SCOPED_TRACE(std::string(to_string(call)) + (run_follows ? ", a run follows" : ""));
      plant_anew();
      left(Marker::kCommit);
      const Tree before = read_tree(scratch_.path());
      FaultyFileSystem failing;
      failing.intercept(fail_all(call, EIO));
      RecoverRequest request = of(failing);
      request.run_follows = run_follows;
      const auto done = foldersync::recover(request);
      ASSERT_TRUE(done.ok());
      ASSERT_EQ(done->unread.size(), 1U);
      EXPECT_EQ(done->unread.front().path, ".sync-txn");
      EXPECT_EQ(read_tree(scratch_.path()), before);
      EXPECT_EQ(keys_.of(root_.identity).empty(), run_follows);
      EXPECT_EQ(recover()->what, run_follows ? What::kNothing : What::kFinished);
    }
  }
}

TEST_F(RecoverTest, WhatFailsButOnceHindersNobody) {
  for (const Call call : {Call::kOpenDirectory, Call::kIncarnation, Call::kOpenFile}) {
    plant_anew();
    left(Marker::kCommit);
    FaultyFileSystem failing;
    bool has_failed = false;
    failing.intercept([&](const CallInfo& info) {
      return info.call == call && !std::exchange(has_failed, true) ? EIO : 0;
    });
    EXPECT_EQ(recover_with(failing, Recovery::kFinish)->what, What::kFinished) << to_string(call);
  }
}

TEST_F(RecoverTest, AProcessThatLacksDescriptorsForgetsNothing) {
  left(Marker::kCommit);
  FaultyFileSystem failing;
  failing.intercept(fail_all(Call::kOpenDirectory, EMFILE));
  EXPECT_FALSE(recover_with(failing, Recovery::kFinish).ok());
  EXPECT_EQ(recover()->what, What::kFinished);
}

// What a killed run left may be a million entries.
TEST_F(RecoverTest, ToldToStopWhileTheFolderIsEmptiedItRemovesNothingMore) {
  for (int i = 0; i < 10; ++i) write_file(in(".sync-txn/0/") + std::to_string(100 + i), "staged");
  std::atomic<bool> stop{false};
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kRemoveFile && info.number_of_kind == 4) stop = true;
    return 0;
  });
  RecoverRequest request = of(fs_);
  request.stop = &stop;
  const auto done = foldersync::recover(request);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, ErrorCode::kStopped);
  EXPECT_EQ(fs_.calls(Call::kRemoveFile), 4U);
  EXPECT_EQ(recover()->what, What::kCleared);
  expect_old();
}

// The owner of a folder has chosen it.
TEST_F(RecoverTest, ANameInAWarningIsEscaped) {
  enum class Why { kUnproven, kDenied, kFails };
  for (const Why why : {Why::kUnproven, Why::kDenied, Why::kFails}) {
    plant_anew();
    write_file(in("a\x1b[2J"), "x");
    finishes("a\x1b[2J", {7000, 0});
    Action& action = record_.plan.actions.back();
    action.phase = Phase::kWrite;
    action.reasons = {Reason::kMode};
    action.before = facts_of(*record_.actions.back().old);
    action.after = action.before;
    action.after->mode = 0640;
    if (why == Why::kUnproven) record_.actions.back().old->incarnation = 0;
    std::rotate(record_.plan.actions.rbegin(), record_.plan.actions.rbegin() + 1,
                record_.plan.actions.rend());  // the plan's order
    std::rotate(record_.actions.rbegin(), record_.actions.rbegin() + 1, record_.actions.rend());
    record_.plan.summary = {};
    for (const Action& each : record_.plan.actions) count(each, record_.plan.summary);
    left(Marker::kCommit);
    FaultyFileSystem fs;
    if (why == Why::kDenied) fs.intercept(fail_all(Call::kSetMode, EPERM));
    if (why == Why::kFails) fs.intercept(fail_all(Call::kSetMode, EIO));
    const auto done = recover_with(fs, Recovery::kFinish);
    ASSERT_TRUE(done.ok()) << done.error().detail;
    std::string said;
    for (const std::string& sentence : observer_.sentences) said += sentence + "\n";
    EXPECT_NE(said.find("'a\\x1b[2J'"), std::string::npos) << said;
    EXPECT_EQ(said.find('\x1b'), std::string::npos) << said;
  }
}

// From every point on: neither is anything put aside then, nor anything lost.
TEST_F(RecoverTest, ToldToStopAnywhereItEndsThereAndTheNextOneGoesOn) {
  for (const Recovery wanted : {Recovery::kFinish, Recovery::kRollBack}) {
    std::uint64_t stopped = 0;
    for (std::uint64_t point = 1;; ++point) {
      SCOPED_TRACE(point);
      plant_anew();
      left(Marker::kCommit);
      renamed();
      std::atomic<bool> stop{false};
      FaultyFileSystem fs;
      std::uint64_t later = 0;
      fs.intercept([&](const CallInfo& info) {
        if (stop) ++later;
        stop = stop || info.number >= point;
        return 0;
      });
      RecoverRequest request = of(fs);
      request.wanted = wanted;
      request.stop = &stop;
      const auto done = foldersync::recover(request);
      if (!stop) break;
      if (!done) {
        EXPECT_EQ(done.error().code, ErrorCode::kStopped) << done.error().detail;
        ++stopped;
      }
      EXPECT_LT(later, 16U);
      const auto again = recover(done ? Recovery::kFinish : wanted);
      ASSERT_TRUE(again.ok()) << again.error().detail;
      EXPECT_FALSE(again->conflicts);
      wanted == Recovery::kFinish ? expect_new() : expect_old();
    }
    EXPECT_GT(stopped, 20U);
  }
}

}  // namespace
}  // namespace foldersync
