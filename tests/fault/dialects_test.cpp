// File systems that lack something: the same result by other ways.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fault/mirror.h"
#include "fault/others.h"
#include "fault/rich_trees.h"
#include "support/faulty_file_system.h"
#include "support/kept_keys.h"

namespace foldersync {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

bool is_inside(const std::string& folder, int fd) {
  const std::string there =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).native();
  return (there + "/").starts_with(folder + "/");
}

class Dialect : public MirrorTest {
 protected:
  Dialect() {
    const RichTrees trees = rich_trees(holds_user_xattrs(scratch_.path()));
    plant_source(trees.source);
    plant_replica(trees.replica);
    options_.plan.xattrs = true;
  }

  void expect_mirrored() {
    const MirrorRun whole = run(fs_, options_);
    EXPECT_TRUE(whole.is_success()) << whole.troubles();
    warnings_ = whole.warnings;
    expect_exact_copy();
    expect_converges(options_);
  }

  FaultyFileSystem fs_;
  MirrorOptions options_;
  std::vector<std::string> warnings_;
};

TEST_F(Dialect, OfARenameThatMustNotReplaceIsMirroredByLinks) {
  fs_.intercept(lack_rename(RenameMode::kNoReplace, EINVAL));
  expect_mirrored();
  EXPECT_THAT(warnings_, Contains(HasSubstr("without replacing")));
}

TEST_F(Dialect, OfAnExchangeIsMirroredByMovingAside) {
  fs_.intercept(lack_rename(RenameMode::kExchange, EINVAL));
  expect_mirrored();
  EXPECT_THAT(warnings_, Contains(HasSubstr("exchange")));
}

TEST_F(Dialect, OfBothRenamesIsMirrored) {
  fs_.intercept(lack_rename(RenameMode::kNoReplace, EINVAL));
  fs_.intercept(lack_rename(RenameMode::kExchange, EINVAL));
  expect_mirrored();
}

TEST_F(Dialect, OfBothRenamesByAnOldKernelIsMirrored) {
  fs_.intercept(lack_rename(RenameMode::kNoReplace, ENOSYS));
  fs_.intercept(lack_rename(RenameMode::kExchange, ENOSYS));
  expect_mirrored();
}

// Grouped files can't be made there; everything else is, and each that fails is told.
TEST_F(Dialect, OfRenamesAndLinksMirrorsAllButLinks) {
  fs_.intercept(lack_rename(RenameMode::kNoReplace, EINVAL));
  fs_.intercept(lack_rename(RenameMode::kExchange, EINVAL));
  fs_.intercept(fail_all(Call::kMakeLink, EPERM));
  const MirrorRun whole = run(fs_, options_);
  EXPECT_FALSE(whole.error) << whole.troubles();
  EXPECT_TRUE(whole.has_reported_each_action_once());
  for (const Said& said : whole.said) {
    EXPECT_TRUE(said.outcome == Outcome::kOk || said.op == Op::kLink) << whole.troubles();
  }
  expect_converges(options_);
}

TEST_F(Dialect, OfKernelCopyingIsMirroredByReadingAndWriting) {
  fs_.intercept(fail_all(Call::kCopyRange, EOPNOTSUPP));
  expect_mirrored();
}

// Only the look for data fails, as where the file system can't tell holes.
TEST_F(Dialect, OfHolesIsMirroredByReadingThem) {
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kSeek && info.whence == Seek::kData ? EINVAL : 0;
  });
  expect_mirrored();
}

TEST_F(Dialect, OfAttributesIsMirroredWithoutThemAndSaysSoOnce) {
  fs_.intercept(fail_all(Call::kSetXattr, ENOTSUP));
  fs_.intercept(fail_all(Call::kRemoveXattr, ENOTSUP));
  options_.plan.xattrs = false;
  const MirrorRun whole = run(fs_, options_);
  EXPECT_TRUE(whole.is_success()) << whole.troubles();
  if (holds_user_xattrs(scratch_.path())) {
    EXPECT_THAT(whole.warnings, testing::ElementsAre(HasSubstr("extended attributes")));
  }
  Tree expected = read_tree(source_);
  Tree found = read_tree(replica_);
  for (Tree* tree : {&expected, &found}) {
    for (auto& [path, entry] : *tree) entry.xattrs.clear();
  }
  EXPECT_THAT(tree_differences(expected, found), IsEmpty());
}

TEST_F(Dialect, OfAttributesIsQuietInTheSecondRunThoughTheyAreCompared) {
  fs_.intercept([this](const CallInfo& info) {
    const bool of_attributes = info.call == Call::kListXattrs || info.call == Call::kGetXattr ||
                               info.call == Call::kSetXattr || info.call == Call::kRemoveXattr;
    return of_attributes && is_inside(replica_, info.fd) ? ENOTSUP : 0;
  });
  const MirrorRun whole = run(fs_, options_);
  EXPECT_TRUE(whole.is_success()) << whole.troubles();
  const MirrorRun second = run(fs_, options_);
  EXPECT_TRUE(second.is_success()) << second.troubles();
  EXPECT_THAT(second.said, IsEmpty());
}

TEST_F(Dialect, OfOwnersIsMirroredWithoutThemAndSaysSoOnce) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  fs_.intercept(fail_all(Call::kSetOwner, EPERM));
  const MirrorRun whole = run(fs_, options_);
  EXPECT_THAT(whole.warnings, testing::ElementsAre(HasSubstr("owners"))) << whole.troubles();
}

class TwoFileSystems : public MirrorTest {
 protected:
  TwoFileSystems() {
    plant_source({{".", directory()},
                  {"other", directory()},
                  {"other/created", file("created")},
                  {"other/dir", directory()},
                  {"other/dir/file", file("below")},
                  {"other/hard-a", file("linked")},
                  {"other/hard-b", link_of(file("linked"), "other/hard-a")},
                  {"other/link", symlink("elsewhere")},
                  {"other/pipe", fifo()},
                  {"other/becomes-dir", directory()},
                  {"other/becomes-dir/file", file("inside")},
                  {"other/becomes-file", file("was a directory")},
                  {"other/updated", file("new bytes")},
                  {"plain", file("beside it")}});
    plant_replica({{".", directory()},
                   {"other", directory()},
                   {"other/becomes-dir", file("was a file")},
                   {"other/becomes-file", directory()},
                   {"other/becomes-file/child", file("goes")},
                   {"other/deleted", file("goes")},
                   {"other/gone", directory()},
                   {"other/gone/file", file("goes")},
                   {"other/updated", file("old")}});
    fs_.intercept([this](const CallInfo& info) { return crosses(info) ? EXDEV : 0; });
  }

  // As a nested Btrfs subvolume at `other` refuses renames and links from and to all that is
  // outside of it.
  [[nodiscard]] bool crosses(const CallInfo& info) const {
    if (info.call != Call::kRename && info.call != Call::kMakeLink) return false;
    const std::string other = in_replica("other");
    return is_inside(other, info.fd) != is_inside(other, info.new_directory);
  }

  FaultyFileSystem fs_;
};

TEST_F(TwoFileSystems, AreMirroredByStagingInBothAndNothingIsLeftBehind) {
  const MirrorRun whole = run(fs_);
  EXPECT_TRUE(whole.is_success()) << whole.troubles();
  expect_exact_copy();
  expect_converges();
}

TEST_F(TwoFileSystems, AreMirroredOnSeveralThreadsToo) {
  MirrorOptions options;
  options.threads = 4;
  const MirrorRun whole = run(fs_, options);
  EXPECT_TRUE(whole.is_success()) << whole.troubles();
  expect_exact_copy();
}

TEST_F(TwoFileSystems, AFileSavedMeanwhileInTheOtherStays) {
  fs_.intercept(act_before(
      [&](const CallInfo& info) {
        return info.call == Call::kRename && info.mode == RenameMode::kExchange &&
               info.names("updated") && !crosses(info);
      },
      [&] { write_file(in_replica("other/updated"), "of somebody else"); }));
  const MirrorRun raced = run(fs_);
  EXPECT_EQ(raced.of("other/updated").outcome, Outcome::kStale) << raced.troubles();
  EXPECT_EQ(bytes_of(in_replica("other/updated")), "of somebody else");
  expect_converges();
}

TEST_F(TwoFileSystems, ANestedStagingFolderThatAKilledRunLeftIsRemoved) {
  ASSERT_EQ(::mkdir(in_replica("other/.sync-txn").c_str(), 0700), 0);
  test::prove_in(replica_, "other");
  write_file(in_replica("other/.sync-txn/7"), "half a file");
  const MirrorRun whole = run(fs_);
  EXPECT_TRUE(whole.is_success()) << whole.troubles();
  expect_exact_copy();
}

// A run that ends when the directory lies in the staging folder beside it, as a kill would end it.
TEST_F(TwoFileSystems, ADirectoryThatIsFilledAfterAKilledRunDisplacedItIsKept) {
  const Tree before = read_tree(replica_);
  for (const bool removal_fails : {false, true}) {
    remove_tree(replica_);
    plant_replica(before);
    const Fd inside(
        ::open(in_replica("other/becomes-file").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    FaultyFileSystem killed;
    bool is_killed = false;
    killed.intercept([&](const CallInfo& info) {
      if (is_killed) return EIO;
      is_killed = info.call == Call::kRename && info.names("becomes-file") && !crosses(info);
      return crosses(info) ? EXDEV : 0;
    });
    (void)run(killed);
    ASSERT_TRUE(is_killed);
    ASSERT_EQ(::mkdirat(inside.get(), "late", 0700), 0);
    write_file("/proc/self/fd/" + std::to_string(inside.get()) + "/late/file", kForeign);

    FaultyFileSystem next;
    next.intercept([&](const CallInfo& info) {
      const bool is_number = info.name.find_first_not_of("0123456789") == std::string_view::npos;
      const bool fails = removal_fails && info.call == Call::kRemoveDirectory && is_number;
      return fails ? EIO : crosses(info) ? EXDEV : 0;
    });
    const MirrorRun after = run(next);
    EXPECT_TRUE(after.conflicts) << after.troubles();
    EXPECT_THAT(contents_in(in_replica("other/.sync-txn/conflict")), Contains(kForeign));
  }
}

// While files have them: nothing is learned, and nothing is stale for it.
TEST_F(Dialect, ADirectoryThatIsRefusedItsOwnerIsAnErrorAndHoldsWhatItIsToHold) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives owners";
  remove_tree(source_);
  remove_tree(replica_);
  plant_source({{"d", directory().owned_by(12)}, {"d/f", file("x")}});
  plant_replica({});
  fs_.intercept([](const CallInfo& info) {
    struct stat status {};
    const bool is_of_directory =
        info.call == Call::kSetOwner && ::fstat(info.fd, &status) == 0 && S_ISDIR(status.st_mode);
    return is_of_directory ? EPERM : 0;
  });
  const MirrorRun mirrored = run(fs_, options_);
  EXPECT_TRUE(std::filesystem::exists(in_replica("d/f")));
  for (const Said& said : mirrored.said) EXPECT_NE(said.outcome, Outcome::kStale) << said.path;
  EXPECT_FALSE(mirrored.is_success());
}

class DryRun : public Dialect {};

TEST_F(DryRun, MakesNoChangingCall) {
  const Tree before = read_tree(replica_);
  options_.dry_run = true;
  const MirrorRun shown = run(fs_, options_);
  EXPECT_TRUE(shown.is_success()) << shown.troubles();
  EXPECT_GT(shown.said.size(), 30U);
  EXPECT_TRUE(shown.has_reported_each_action_once());
  for (std::size_t i = 0; i < kCalls; ++i) {
    const auto call = static_cast<Call>(i);
    EXPECT_EQ(is_changing(call) ? fs_.calls(call) : 0U, 0U) << to_string(call);
  }
  EXPECT_THAT(tree_differences(before, read_tree(replica_)), IsEmpty());
}

TEST_F(DryRun, AnnouncesWhatTheRunThenDoes) {
  MirrorOptions dry = options_;
  dry.dry_run = true;
  const MirrorRun shown = run(fs_, dry);
  const MirrorRun done = run(fs_, options_);
  ASSERT_EQ(shown.said.size(), done.said.size());
  for (const Said& said : shown.said) EXPECT_EQ(said.outcome, Outcome::kOk) << said.path;
}

TEST_F(DryRun, OfNothingToDoIsARunThatChangesNothing) {
  run(fs_, options_);
  FaultyFileSystem second;
  const MirrorRun again = run(second, options_);
  EXPECT_TRUE(again.said.empty());
  for (std::size_t i = 0; i < kCalls; ++i) {
    const auto call = static_cast<Call>(i);
    EXPECT_EQ(is_changing(call) ? second.calls(call) : 0U, 0U) << to_string(call);
  }
}

}  // namespace
}  // namespace foldersync
