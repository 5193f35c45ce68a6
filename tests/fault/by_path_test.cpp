// A replica on a file system of which only names can be relied on: exact and quiet all the same,
// and whole after every failure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "apply/ask_limits.h"
#include "fault/mirror.h"
#include "fault/rich_trees.h"
#include "support/by_path_file_system.h"
#include "support/faulty_file_system.h"
#include "support/kept_keys.h"
#include "support/random_trees.h"
#include "support/sweep_points.h"

namespace foldersync {
namespace {

using testing::IsEmpty;

// What can't be seen there.
Tree as_held(Tree tree) {
  for (auto& [path, entry] : tree) {
    entry.linked_to.clear();
    if (entry.type != FileType::kSymlink) continue;
    entry.mtime = {};
    entry.uid = entry.gid = 0;
  }
  return tree;
}

class ByPath : public MirrorTest {
 protected:
  ByPath() { options_.limits = test::ByPathFileSystem::limits(); }

  std::vector<std::string> differences() const {
    return tree_differences(as_held(read_tree(source_)), as_held(read_tree(replica_)));
  }

  // Nothing is left to do, or of what a run before has done.
  void expect_at_rest() {
    const MirrorRun whole = run(fs_, options_);
    EXPECT_TRUE(whole.is_success()) << whole.troubles();
    EXPECT_THAT(differences(), IsEmpty());
    const MirrorRun second = run(fs_, options_);
    EXPECT_TRUE(second.is_success()) << second.troubles();
    EXPECT_THAT(second.said, IsEmpty()) << second.troubles();
  }

  FaultyFileSystem real_;
  test::ByPathFileSystem fs_{real_};
  MirrorOptions options_;
};

// Nor has anything of its own: all that has several names there has them in the replica as well.
TEST_F(ByPath, PropertyRandomTreesAreMirroredInOneRun) {
  real_.skip_syncs();
  for (unsigned seed = 1; seed <= 60; ++seed) {
    test::RandomTrees trees(seed, {.devices = false, .names_elsewhere = false});
    const test::Tree source = trees.source();
    remove_tree(source_);
    remove_tree(replica_);
    plant_source(entries_of(source));
    plant_replica(entries_of(trees.replica_of(source)));
    expect_at_rest();
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST_F(ByPath, IsAskedForByTrying) {
  plant_source({{".", directory()}});
  plant_replica({{".", directory()}});
  const auto roots = open_roots(fs_, {source_, replica_, {}});
  ASSERT_TRUE(roots);
  const Policy policy = policy_of_this_process();
  FileSystemLimits expected = test::ByPathFileSystem::limits();
  expected.refuses_link_owners = policy.as_root;
  EXPECT_EQ(ask_limits({fs_, *roots->replica, test::kept_keys(), policy}), expected);
  EXPECT_THAT(differences(), IsEmpty());
}

// As gocryptfs: the kernel hears of the encrypted file's size when a file is linked.
class HearsOfAnotherSize final : public test::ForwardingFileSystem {
 public:
  explicit HearsOfAnotherSize(FileSystem& real) : ForwardingFileSystem(real), real_(real) {}

  Result<Sharing> sharing(int) override { return Sharing::kShared; }
  FileSystem& by_path() override { return real_; }
  Result<FileStatus> status_at(int directory, const char* name) override {
    auto found = ForwardingFileSystem::status_at(directory, name);
    if (found && found->links > 1) found->size += overhead;
    return found;
  }
  std::uint64_t overhead = 0;

 private:
  FileSystem& real_;
};

TEST_F(ByPath, NumbersPassWhereTheKernelHearsOfAnotherSize) {
  plant_source({{".", directory()}});
  plant_replica({{".", directory()}});
  HearsOfAnotherSize hearing(real_);
  const auto roots = open_roots(hearing, {source_, replica_, {}});
  ASSERT_TRUE(roots);
  const LimitsQuestion question{hearing, *roots->replica, test::kept_keys(),
                                policy_of_this_process()};
  EXPECT_EQ(ask_limits(question).numbers, Numbers::kKept);
  hearing.overhead = 32;
  EXPECT_EQ(ask_limits(question).numbers, Numbers::kPassing);
}

TEST_F(ByPath, NoMoreThreadsGetAFolderThanAreWorthOne) {
  plant_source({{".", directory()}, {"a", file("x")}, {"b", file("x")}, {"c", file("x")}});
  plant_replica({{".", directory()}});
  int folders = 0;
  real_.intercept([&](const CallInfo& info) {
    const bool is_number = info.name.find_first_not_of("0123456789-") == std::string_view::npos;
    if (info.call == Call::kMakeDirectory && is_number) ++folders;
    return 0;
  });
  options_.threads = 16;
  EXPECT_TRUE(run(fs_, options_).is_success());
  EXPECT_EQ(folders, 2);
}

// As rclone, whose cache keeps a folder that was removed, until one of that name is renamed: a file
// that gets the name can't be read, and is lost. There are no links.
class KeepsFolders final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  Status remove_directory(int directory, const char* name) override {
    Status removed = ForwardingFileSystem::remove_directory(directory, name);
    if (removed) kept_.insert(path_at(directory, name));
    return removed;
  }
  Status rename(int old_directory, const char* old_name, int new_directory, const char* new_name,
                RenameMode mode) override {
    const auto moved = status_at(old_directory, old_name);
    Status renamed =
        ForwardingFileSystem::rename(old_directory, old_name, new_directory, new_name, mode);
    if (renamed && moved && moved->is_directory()) kept_.erase(path_at(old_directory, old_name));
    return renamed;
  }
  Result<Fd> open_file(int directory, const char* name) override {
    if (kept_.contains(path_at(directory, name))) return system_error("open", EIO);
    return ForwardingFileSystem::open_file(directory, name);
  }
  Result<Fd> create_file(int directory, const char* name, std::uint32_t mode) override {
    if (kept_.contains(path_at(directory, name))) return system_error("open", EIO);
    return ForwardingFileSystem::create_file(directory, name, mode);
  }
  Status make_link(int, const char*, int, const char*) override {
    return system_error("link", EIO);
  }
  void keep(const std::string& path) { kept_.insert(path); }

 private:
  static std::string path_at(int directory, const std::string& name) {
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(directory)) / name;
  }
  std::set<std::string> kept_;
};

TEST_F(ByPath, AFileThatTakesThePlaceOfAFolderCanBeRead) {
  KeepsFolders keeping(fs_);
  options_.threads = 1;
  plant_source({{"d", directory().at(60)}, {"d/e", directory()}, {"d/e/f", file("x")}});
  plant_replica({{".", directory()}});
  EXPECT_TRUE(run(keeping, options_).is_success());
  remove_tree(source_);
  plant_source({{"d", file("now a file")}, {"e", file("y")}});
  const MirrorRun changed = run(keeping, options_);
  EXPECT_TRUE(changed.is_success()) << changed.troubles();
  EXPECT_TRUE(keeping.open_file(keeping.open_root(replica_.c_str())->get(), "d"));
  // What was a folder in the staging folder then is a file now, and the other way round.
  plant_source({{"f", file("x")}, {"g", file("x")}, {"h", directory()}, {"h/i", file("x")}});
  EXPECT_TRUE(run(keeping, options_).is_success());
  EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(ByPath, AFileThatIsLostForAFolderThatOthersRemovedIsToldAndWrittenAnew) {
  KeepsFolders keeping(fs_);
  plant_source({{"d", file("now a file")}, {"e", file("y")}});
  plant_replica({{".", directory()}});
  keeping.keep(replica_ + "/d");
  const MirrorRun lost = run(keeping, options_);
  EXPECT_THAT(lost.troubles(), testing::HasSubstr("read again"));
  EXPECT_FALSE(read_tree(replica_).contains("d"));
  EXPECT_TRUE(run(keeping, options_).is_success());
  EXPECT_THAT(differences(), IsEmpty());
}

// As a pool of disks that makes a folder where it was not yet: what comes to lie in it changes the
// time of the folder above.
class MovesTimesAbove final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  Status make_link(int old_directory, const char* old_name, int new_directory,
                   const char* new_name) override {
    Status linked =
        ForwardingFileSystem::make_link(old_directory, old_name, new_directory, new_name);
    const auto above = ForwardingFileSystem::open_parent(new_directory);
    if (linked && ::utimensat(above->get(), ".", nullptr, 0) != 0) ADD_FAILURE();
    return linked;
  }
};

TEST_F(ByPath, ATimeThatMovesAboveWhatIsMadeIsNoticed) {
  plant_source({{"d", directory().at(60)}, {"d/e", directory().at(60)}, {"d/e/f", file("x")}});
  plant_replica({{"d", directory().at(60)}, {"d/e", directory().at(60)}});
  MovesTimesAbove moving(fs_);
  const MirrorRun first = run(moving, options_);
  EXPECT_TRUE(first.is_success()) << first.troubles();
  EXPECT_TRUE(first.times_moved);
  EXPECT_FALSE(run(moving, options_).times_moved);
  EXPECT_THAT(differences(), IsEmpty());
}

// Seconds are cut to 32 bits, and 0 means now.
class CutsSeconds final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  Result<Sharing> sharing(int) override { return Sharing::kShared; }
  Status set_mtime(Handle entry, FileTime mtime) override {
    const std::int64_t kept = mtime.seconds & 0xFFFF'FFFF;
    return ForwardingFileSystem::set_mtime(entry, {kept == 0 ? 1'700'000'000 : kept, 0});
  }
};

TEST_F(ByPath, TheEndsOfTimesAreTheSameWhenTheyAreAskedAgain) {
  plant_source({{".", directory()}});
  plant_replica({{".", directory()}});
  CutsSeconds cutting(fs_);
  const auto roots = open_roots(cutting, {source_, replica_, {}});
  ASSERT_TRUE(roots);
  Policy policy = policy_of_this_process();
  policy.limits.numbers = Numbers::kPassing;
  policy.limits.times = {1'000'000'000, false, FileTime{1, 0}, FileTime{4'294'967'295, 0}};
  const FileSystemLimits asked = ask_limits({cutting, *roots->replica, test::kept_keys(), policy});
  EXPECT_EQ(asked.times, policy.limits.times);
}

// As exFAT by FUSE: whole seconds, neither links nor symlinks, and any time is told back.
class LooksLikeFat final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  Status set_mtime(Handle entry, FileTime mtime) override {
    return ForwardingFileSystem::set_mtime(entry, {mtime.seconds, 0});
  }
  Status make_link(int, const char*, int, const char*) override {
    return system_error("link", EPERM);
  }
  Status make_symlink(const char*, int, const char*) override {
    return system_error("symlink", EPERM);
  }
};

TEST_F(ByPath, WhatLooksLikeFatHasItsRangeWhateverItTellsBack) {
  plant_source({{".", directory()}});
  plant_replica({{".", directory()}});
  LooksLikeFat fat(fs_);
  const auto roots = open_roots(fat, {source_, replica_, {}});
  ASSERT_TRUE(roots);
  Policy policy = policy_of_this_process();
  for (int turn = 0; turn < 2; ++turn) {
    policy.limits = ask_limits({fat, *roots->replica, test::kept_keys(), policy});
    EXPECT_EQ(policy.limits.times, with_range_of_fat({1'000'000'000, false, {}, {}}));
  }
}

TEST_F(ByPath, AFailedCallTearsNothingAndTheNextRunConverges) {
  const RichTrees trees = rich_trees(false);
  plant_source(trees.source);
  real_.skip_syncs();
  plant_replica(trees.replica);
  const std::uint64_t before = real_.calls();
  const MirrorRun whole = run(fs_, options_);
  ASSERT_TRUE(whole.is_success()) << whole.troubles();
  const std::uint64_t calls = real_.calls() - before;
  for (const Lasting lasting : {Lasting::kOnce, Lasting::kEverything}) {
    for (const std::uint64_t nth : spread_points(calls, 60)) {
      remove_tree(replica_);
      plant_replica(trees.replica);
      FaultyFileSystem faulty;
      faulty.skip_syncs();
      faulty.intercept(fail_at(nth, EIO, lasting));
      test::ByPathFileSystem by_path(faulty);
      const MirrorRun failed = run(by_path, options_);
      expect_at_rest();
      ASSERT_FALSE(HasFailure()) << "call " << nth << ", " << faulty.first_failure() << ": "
                                 << failed.troubles();
    }
  }
}

}  // namespace
}  // namespace foldersync
