#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apply/steps/step.h"
#include "fs/posix_file_system.h"
#include "support/disk_tree.h"
#include "support/forwarding_file_system.h"
#include "support/kept_keys.h"
#include "unit/apply/warnings.h"

namespace foldersync {
namespace {

using testing::AnyOf;
using testing::IsEmpty;

// An action, and what is staged for it.
struct Case {
  const char* name;
  Op op;
  Phase phase;
  const char* path;
  const char* other;   // of links and moves; else null
  const char* staged;  // what the new file holds; null: nothing is staged
};

constexpr Case kCases[] = {
    {"create", Op::kCreate, Phase::kWrite, "new", nullptr, "content"},
    {"update", Op::kUpdate, Phase::kWrite, "file", nullptr, "content"},
    {"replace", Op::kReplace, Phase::kWrite, "directory", nullptr, "content"},
    {"link", Op::kLink, Phase::kWrite, "name", "file", nullptr},
    {"link_over", Op::kLink, Phase::kWrite, "other", "file", nullptr},
    {"move", Op::kMove, Phase::kWrite, "moved", "file", nullptr},
    {"move_directory", Op::kMove, Phase::kWrite, "moved", "directory", nullptr},
    {"delete", Op::kDelete, Phase::kDelete, "file", nullptr, nullptr},
    {"delete_directory", Op::kDelete, Phase::kRmdir, "directory", nullptr, nullptr},
    {"metadata", Op::kMetadata, Phase::kWrite, "file", nullptr, nullptr},
    {"finish", Op::kMetadata, Phase::kFinish, "directory", nullptr, nullptr},
};

class OneStep : public testing::Test {
 protected:
  OneStep() {
    plant({{".", directory()},
           {"directory", directory().at(500)},
           {"file", file("old")},
           {"other", file("another")}},
          scratch_.path());
    root_ = Fd(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    area_.emplace(*test::staging_area_in(fs_, root_.get()));
    folder_ = *area_->folder("0");
    access_.emplace(fs_, root_.get(), CursorRules{}, std::size_t{8});
    conflicts_.emplace(fs_, *area_);
  }

  // What the window's record would have of it.
  void describe(const Case& given) {
    Action action;
    action.op = given.op;
    action.phase = given.phase;
    action.path = RelPath(given.path);
    if (given.other != nullptr) action.other = RelPath(given.other);
    ActionRecord record;
    record.seq = 1;
    record.is_due = true;
    record.old = *access_->status(given.op == Op::kMove ? *action.other : action.path);
    if (record.old && record.old->incarnation == 0) {
      const RelPath& path = given.op == Op::kMove ? *action.other : action.path;
      const auto entry = fs_.open_entry(root_.get(), std::string(path.bytes()).c_str());
      record.old->incarnation = fs_.incarnation(entry->get())->value_or(0);
    }
    if (given.staged != nullptr) {
      write_file(scratch_ / ".sync-txn/0/1", given.staged);
      record.made = *fs_.status_at(folder_.get(), "1");
    }
    if (given.op == Op::kLink) record.made = *access_->status(*action.other);
    if (given.op == Op::kMove) record.made = record.old;
    if (record.old) action.before = Facts{};
    if (record.old) action.before->type = record.old->type;
    if (given.op != Op::kDelete) action.after = Facts{};
    if (action.after && given.staged == nullptr) {
      action.after->type = (record.made ? record.made : record.old)->type;
    }
    if (given.op == Op::kMetadata) action.after->mode = 0700;
    record_.plan.actions.push_back(std::move(action));
    record_.actions.push_back(std::move(record));
    deletions_ = *Deletions::of(record_, wind_up_);
  }

  Result<Published> go(Result<Published> (*StepKind::*way)(Site&, Step&)) {
    const Action& action = record_.plan.actions[0];
    const ActionRecord& record = record_.actions[0];
    Site site{*seen_through_, *access_, publisher_,   *conflicts_, policy_,
              book_,          -1,       &*deletions_, &made_anew_};
    Step step{.action = action, .made = record.made, .old = record.old};
    step.staged = {{folder_.get(), "1"}, record.made.value_or(FileStatus{}), false};
    if (action.op == Op::kMetadata) {
      step.wanted = record.old;
      step.wanted->mode = *action.after->mode;
    }
    return (kind_of(action).*way)(site, step);
  }
  void expect_done(const Result<Published>& done) {
    ASSERT_TRUE(done.ok()) << done.error().operation << " " << done.error().error_number;
    EXPECT_THAT(*done, AnyOf(Published::kDone, Published::kDisplaced));
  }

  // What others see, but for the time of the root and which names are one file.
  [[nodiscard]] Tree visible() const {
    Tree tree = read_tree(scratch_.path());
    std::erase_if(tree, [](const auto& one) {
      return one.first == "." || one.first.starts_with(".sync-txn");
    });
    for (auto& [path, entry] : tree) entry.linked_to.clear();
    return tree;
  }
  void expect(const Tree& tree) const { EXPECT_THAT(tree_differences(tree, visible()), IsEmpty()); }

  ScratchFolder scratch_;
  FileSystem& fs_ = posix_file_system();
  FileSystem* seen_through_ = &fs_;
  Fd root_;
  std::optional<StagingArea> area_;
  Fd folder_;
  std::optional<ReplicaAccess> access_;
  test::Warnings observer_;
  Publisher publisher_{fs_, observer_};
  std::optional<Conflicts> conflicts_;
  const Policy policy_{::geteuid() == 0, true, ::geteuid(), ::getegid(), false, {}};
  LimitBook book_{policy_.limits};
  WindowRecord record_;
  const WindUp wind_up_{nullptr, 0};
  std::optional<Deletions> deletions_;
  MadeAnew made_anew_;
};

class StepsTest : public OneStep, public testing::WithParamInterface<Case> {
 protected:
  StepsTest() { describe(GetParam()); }
};

TEST_P(StepsTest, AreDoneTakenBackAndDoneAgainAndMayBeRepeatedInEachDirection) {
  const Tree old = visible();
  expect_done(go(&StepKind::forward));
  const Tree done = visible();
  EXPECT_FALSE(tree_differences(old, done).empty());
  for (int round = 0; round < 2; ++round) {
    expect_done(go(&StepKind::again));
    expect(done);
    expect_done(go(&StepKind::again));
    expect(done);
    expect_done(go(&StepKind::back));
    expect(old);
    expect_done(go(&StepKind::back));
    expect(old);
  }
  EXPECT_FALSE(conflicts_->any());
}

TEST_P(StepsTest, ThatHaveNotBegunAreDoneBySayingAgain) {
  const Tree old = visible();
  expect_done(go(&StepKind::back));
  expect(old);
  expect_done(go(&StepKind::again));
  EXPECT_FALSE(tree_differences(old, visible()).empty());
}

// Theirs stays where it is, or comes into the folder for conflicts; it is never gone.
TEST_P(StepsTest, LeaveWhatOthersHavePutIntoTheirPlace) {
  const Action& action = record_.plan.actions[0];
  const std::string path = action.op == Op::kMove ? GetParam().other : GetParam().path;
  write_file(scratch_ / (path + ".saving"), "of others");  // an inode of its own
  remove_tree(scratch_ / path);
  ASSERT_EQ(::rename((scratch_ / (path + ".saving")).c_str(), (scratch_ / path).c_str()), 0);
  for (const auto way : {&StepKind::again, &StepKind::back, &StepKind::again}) {
    const auto done = go(way);
    ASSERT_TRUE(done.ok());
    if (*done == Published::kStranded) {
      ASSERT_TRUE(conflicts_->keep({folder_.get(), "1"}).ok());
    }
    const bool is_kept = conflicts_->any();
    EXPECT_EQ(bytes_of(scratch_ / (is_kept ? ".sync-txn/conflict/1" : path)), "of others");
  }
}

TEST_F(OneStep, ALinkThatWasThereBeforeStaysThoughItIsTakenBack) {
  remove_tree(scratch_ / "other");
  ASSERT_EQ(::link((scratch_ / "file").c_str(), (scratch_ / "other").c_str()), 0);
  describe({"link", Op::kLink, Phase::kWrite, "other", "file", nullptr});
  const Tree old = visible();
  expect_done(go(&StepKind::again));
  expect_done(go(&StepKind::back));
  expect(old);
}

// Others put a file of theirs at a path in the moment before a link is made.
class LinkedTooLate final : public test::ForwardingFileSystem {
 public:
  LinkedTooLate(FileSystem& inner, std::filesystem::path path)
      : ForwardingFileSystem(inner), path_(std::move(path)) {}
  Status make_link(int old_directory, const char* old_name, int new_directory,
                   const char* new_name) override {
    write_file(path_.parent_path() / "theirs", "bad");
    std::filesystem::rename(path_.parent_path() / "theirs", path_);
    return ForwardingFileSystem::make_link(old_directory, old_name, new_directory, new_name);
  }

 private:
  std::filesystem::path path_;
};

TEST_F(OneStep, ALinkToWhatCameInTheLastMomentIsTakenBack) {
  LinkedTooLate late(fs_, scratch_ / "file");
  seen_through_ = &late;
  describe({"link", Op::kLink, Phase::kWrite, "other", "file", nullptr});
  const auto done = go(&StepKind::forward);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(*done, Published::kOvertaken);
  EXPECT_EQ(bytes_of(scratch_ / "other"), "another");
  EXPECT_FALSE(std::filesystem::exists(scratch_ / ".sync-txn/0/1"));
}

TEST_F(OneStep, ARecoveryLinksToNobodyElsesFile) {
  describe({"link", Op::kLink, Phase::kWrite, "name", "file", nullptr});
  record_.plan.actions[0].after->size = record_.actions[0].made->size + 1;
  const auto done = go(&StepKind::again);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(*done, Published::kOvertaken);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "name"));
}

TEST_F(OneStep, WhatAKilledRunHasCaughtInsteadIsNotPutInPlaceByARecovery) {
  describe({"link", Op::kLink, Phase::kWrite, "other", "file", nullptr});
  write_file(scratch_ / ".sync-txn/0/1", "bad");
  expect_done(go(&StepKind::again));
  EXPECT_EQ(bytes_of(scratch_ / "other"), "old");
}

constexpr Case kMetadataOfAFile{"metadata", Op::kMetadata, Phase::kWrite, "file", nullptr, nullptr};

// As a later file is that has got the inode number.
TEST_F(OneStep, MetadataIsNotGivenToAnotherEntryOfTheSameInodeNumber) {
  describe(kMetadataOfAFile);
  const Tree before = visible();
  auto& old = record_.actions[0].old;
  ASSERT_NE(old->incarnation, 0U);
  --old->incarnation;
  for (const auto way : {&StepKind::forward, &StepKind::again, &StepKind::back}) {
    const auto done = go(way);
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(*done, Published::kOvertaken);
  }
  expect(before);
}

TEST_F(OneStep, MetadataIsNotGivenToWhatWasTouchedSinceTheLook) {
  describe(kMetadataOfAFile);
  const Tree before = visible();
  const auto leave = [&](auto change) {
    const auto seen = record_.actions[0].old;
    change(*record_.actions[0].old);
    const auto done = go(&StepKind::forward);
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(*done, Published::kOvertaken);
    record_.actions[0].old = seen;
  };
  leave([](FileStatus& seen) { ++seen.uid; });
  leave([](FileStatus& seen) { ++seen.links; });
  leave([](FileStatus& seen) { --seen.ctime.seconds; });
  expect(before);
}

TEST_F(OneStep, ADirectoryIsFinishedOnlyWhereItIsTheOneThatWasSeen) {
  describe({"finish", Op::kMetadata, Phase::kFinish, "directory", nullptr, nullptr});
  const Tree before = visible();
  ++record_.actions[0].old->uid;
  const auto foreign = go(&StepKind::forward);
  ASSERT_TRUE(foreign.ok());
  EXPECT_EQ(*foreign, Published::kOvertaken);
  expect(before);
  --record_.actions[0].old->uid;
  write_file(scratch_ / "directory/put into it", "x");
  expect_done(go(&StepKind::forward));
}

TEST_F(OneStep, ARecoveryLeavesAFileAsItIsThatNothingTellsFromALaterOne) {
  describe(kMetadataOfAFile);
  const Tree before = visible();
  record_.actions[0].old->incarnation = 0;
  const auto done = go(&StepKind::again);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(*done, Published::kUnproven);
  expect(before);
}

// A file system that knows no time of birth, but generations.
class NoBirths final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  Result<FileStatus> status(int fd) override {
    auto status = ForwardingFileSystem::status(fd);
    if (status) status->incarnation = 0;
    return status;
  }
  Result<std::optional<std::uint64_t>> incarnation(int) override {
    return std::optional(kGeneration);
  }
  static constexpr std::uint64_t kGeneration = 7;
};

TEST_F(OneStep, TheGenerationTellsAFileFromALaterOneWhereNobodyKnowsItsBirth) {
  NoBirths no_births(fs_);
  seen_through_ = &no_births;
  describe(kMetadataOfAFile);
  const Tree before = visible();
  record_.actions[0].old->incarnation = 0;
  record_.actions[0].old->incarnation = NoBirths::kGeneration + 1;
  const auto foreign = go(&StepKind::again);
  ASSERT_TRUE(foreign.ok());
  EXPECT_EQ(*foreign, Published::kOvertaken);
  expect(before);
  record_.actions[0].old->incarnation = NoBirths::kGeneration;
  expect_done(go(&StepKind::again));
  EXPECT_FALSE(tree_differences(before, visible()).empty());
}

TEST_F(OneStep, RightsToRunAsSomebodyElseAreNotGivenInPlace) {
  describe(kMetadataOfAFile);
  const Tree before = visible();
  record_.plan.actions[0].after->mode = 04755;
  for (const auto way : {&StepKind::forward, &StepKind::again}) {
    const auto done = go(way);
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(*done, way == &StepKind::forward ? Published::kOvertaken : Published::kUnproven);
  }
  expect(before);
  ASSERT_EQ(::chmod((scratch_ / "file").c_str(), 04755), 0);
  record_.plan.actions[0].after->mode = 0755;
  record_.actions[0].old = *access_->status(RelPath("file"));
  ASSERT_EQ(::chmod((scratch_ / "file").c_str(), 0755), 0);
  const auto taken = go(&StepKind::back);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(*taken, Published::kUnproven);
}

INSTANTIATE_TEST_SUITE_P(Of, StepsTest, testing::ValuesIn(kCases),
                         [](const auto& given) { return given.param.name; });

}  // namespace
}  // namespace foldersync
