#include "scan/roots.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

class OpenRoots : public testing::Test {
 protected:
  OpenRoots() {
    plant({{".", directory()},
           {"file", file("no folder")},
           {"pipe", fifo()},
           {"replica", directory()},
           {"replica/below", directory()},
           {"source", directory()},
           {"source/below", directory()},
           {"to-replica", symlink("replica")},
           {"to-source", symlink("source")},
           {"to-below", symlink("source/below")},
           {"elsewhere", directory()}},
          scratch_.path());
    if (::geteuid() == 0) plant_link();
  }

  // A link to `elsewhere` that is somebody else's.
  void plant_link() {
    std::filesystem::create_directory_symlink("elsewhere", scratch_ / "planted");
    ASSERT_EQ(::lchown((scratch_ / "planted").c_str(), 65534, 65534), 0);
  }

  // Does nothing where nothing has the name.
  void exchange_with_planted(const std::string& name) {
    (void)::renameat2(AT_FDCWD, (scratch_ / name).c_str(), AT_FDCWD, (scratch_ / "planted").c_str(),
                      RENAME_EXCHANGE);
  }

  FileStatus status_of(const std::string& name) {
    FileSystem& calm = posix_file_system();
    const auto above = calm.open_root(scratch_.path().c_str());
    return calm.status_at(above.value().get(), name.c_str()).value();
  }

  Result<Roots> open(const std::string& source, const std::string& replica,
                     std::optional<std::uint32_t> mode_above = std::nullopt) {
    return open_roots(
        fs_, {scratch_ / source, scratch_ / replica, {"/", scratch_ / "never"}, mode_above});
  }

  void expect_refused(const std::string& source, const std::string& replica, ErrorCode code) {
    const auto roots = open(source, replica);
    ASSERT_FALSE(roots.ok()) << source << " to " << replica;
    EXPECT_EQ(roots.error().code, code) << roots.error().detail;
    EXPECT_NE(roots.error().detail, "");
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
};

TEST_F(OpenRoots, TwoFoldersBesideEachOtherAreAPair) {
  const auto roots = open("source", "replica");
  ASSERT_TRUE(roots.ok());
  ASSERT_TRUE(roots->replica.has_value());
  EXPECT_FALSE(same_object(roots->source.status, roots->replica->status));
  EXPECT_EQ(roots->source.identity,
            roots->source.file_system + ":" + std::to_string(roots->source.status.inode));
}

TEST_F(OpenRoots, AFolderOfWhichNothingIsKnownCountsAsSharedWithOthers) {
  fs_.intercept(fail_all(Call::kSharing, EIO));
  const auto roots = open("source", "replica");
  ASSERT_TRUE(roots.ok());
  EXPECT_EQ(roots->source.sharing, Sharing::kShared);
}

// Nothing about the folders is wrong: the next cycle may find them.
TEST_F(OpenRoots, AFileSystemThatHasGoneIsNoRefusal) {
  fs_.intercept([](const CallInfo& info) { return info.name == "source" ? ENOTCONN : 0; });
  expect_refused("source", "replica", ErrorCode::kSystem);
}

TEST_F(OpenRoots, NamesThroughLinksAreAPair) {
  EXPECT_TRUE(open("to-source", "replica").ok());
  EXPECT_TRUE(open("source", "to-replica").ok());
}

TEST_F(OpenRoots, TheSameFolderByAnyNameIsRefused) {
  for (const std::string name : {"source", "to-source", "source/", "source/.", "source/below/..",
                                 "./source", "replica/../source"}) {
    expect_refused("source", name, ErrorCode::kBadPair);
  }
}

TEST_F(OpenRoots, AReplicaInsideTheSourceIsRefusedByAnyName) {
  for (const std::string name : {"source/below", "to-below", "to-source/below", "source/new",
                                 "to-below/new", "source/below/../new"}) {
    expect_refused("source", name, ErrorCode::kBadPair);
  }
}

TEST_F(OpenRoots, ASourceInsideTheReplicaIsRefusedByAnyName) {
  for (const std::string name : {"replica/below", "to-replica/below", "replica/below/."}) {
    expect_refused(name, "replica", ErrorCode::kBadPair);
  }
}

TEST_F(OpenRoots, WhatIsNoFolderOrMissingIsRefused) {
  for (const std::string name : {"file", "pipe"}) {
    expect_refused(name, "replica", ErrorCode::kRefused);
    expect_refused("source", name, ErrorCode::kRefused);
  }
  expect_refused("missing", "replica", ErrorCode::kRefused);
  expect_refused("source", "missing/replica", ErrorCode::kRefused);
}

TEST_F(OpenRoots, AMissingReplicaWhoseParentExistsIsAbsentAndCanBeMade) {
  for (const std::string name : {"new", "newer/", "newest///", "plain/."}) {
    auto roots = open("source", name);
    ASSERT_TRUE(roots.ok());
    EXPECT_FALSE(roots->replica.has_value());
    ASSERT_TRUE(create_replica(fs_, *roots, {roots->source.status}).ok());
    ASSERT_TRUE(roots->replica.has_value());
    EXPECT_EQ(roots->replica->status.mode, 0700U);
    EXPECT_TRUE(std::filesystem::is_directory(scratch_ / name));
  }
}

TEST_F(OpenRoots, FoldersThatAreNeverAReplicaAreRefusedThemselvesButNotWhatIsInThem) {
  plant({{".", directory()}, {"inside", directory()}}, scratch_ / "never");
  expect_refused("source", "never", ErrorCode::kBadPair);
  expect_refused("source", "never/", ErrorCode::kBadPair);
  EXPECT_TRUE(open("source", "never/inside").ok());
  const auto top = open_roots(fs_, {scratch_ / "source", "/", {"/"}});
  ASSERT_FALSE(top.ok());
  EXPECT_EQ(top.error().code, ErrorCode::kBadPair);
}

TEST_F(OpenRoots, AReplicaThroughALinkOfSomebodyElseIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root makes a link of somebody else";
  ASSERT_EQ(::lchown((scratch_ / "to-replica").c_str(), 65534, 65534), 0);
  expect_refused("source", "to-replica", ErrorCode::kRefused);
  for (const std::string end : {"/", "/.", "//", "/./", "//.//./"}) {
    expect_refused("source", "to-replica" + end, ErrorCode::kRefused);
  }
  EXPECT_TRUE(open("source", "replica").ok());
}

TEST_F(OpenRoots, ALinkOfOursThatLeadsToALinkOfSomebodyElseIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root makes a link of somebody else";
  std::filesystem::create_directory_symlink("to-replica", scratch_ / "relative");
  std::filesystem::create_directory_symlink(scratch_ / "replica/../to-replica/.",
                                            scratch_ / "absolute");
  std::filesystem::create_directory_symlink("source/../relative/", scratch_ / "twice");
  for (const std::string name : {"relative", "absolute", "twice"}) {
    const auto roots = open("source", name);
    ASSERT_TRUE(roots.ok()) << name;
    EXPECT_TRUE(same_object(roots->replica->status, status_of("replica"))) << name;
  }
  ASSERT_EQ(::lchown((scratch_ / "to-replica").c_str(), 65534, 65534), 0);
  for (const std::string name : {"relative", "absolute", "twice"}) {
    expect_refused("source", name, ErrorCode::kRefused);
  }
}

TEST_F(OpenRoots, LinksThatLeadNowhereOrInACircleAreRefused) {
  std::filesystem::create_directory_symlink("nowhere", scratch_ / "dangling");
  std::filesystem::create_directory_symlink("circle", scratch_ / "circle");
  std::filesystem::create_directory_symlink("file", scratch_ / "to-file");
  for (const std::string name : {"dangling", "circle", "to-file"}) {
    expect_refused("source", name, ErrorCode::kRefused);
  }
}

// Its text may name something else by now.
TEST_F(OpenRoots, ADescriptorThatTheCallerOpenedIsTheFolderThatIsOpen) {
  const Fd replica(::open((scratch_ / "replica").c_str(), O_RDONLY | O_DIRECTORY));
  std::filesystem::rename(scratch_ / "replica", scratch_ / "moved");
  std::filesystem::rename(scratch_ / "elsewhere", scratch_ / "replica");
  const std::string name = "/proc/self/fd/" + std::to_string(replica.get());
  const auto roots = open_roots(fs_, {scratch_ / "source", name, {"/"}});
  ASSERT_TRUE(roots.ok()) << roots.error().detail;
  EXPECT_TRUE(same_object(roots->replica->status, status_of("moved")));
}

TEST_F(OpenRoots, AFolderThatIsExchangedWithALinkMeanwhileIsNeverLeft) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root makes a link of somebody else";
  for (const std::string name : {"replica", "to-replica"}) {
    const FileStatus wanted = status_of("replica");
    FaultyFileSystem counting;
    ASSERT_TRUE(open_roots(counting, {scratch_ / "source", scratch_ / name, {"/"}}).ok());
    for (std::uint64_t nth = 1; nth <= counting.calls(); ++nth) {
      const auto exchange = [&] { exchange_with_planted(name); };
      FaultyFileSystem racing;
      racing.intercept(
          act_before([nth](const CallInfo& call) { return call.number == nth; }, exchange));
      const auto roots = open_roots(racing, {scratch_ / "source", scratch_ / name, {"/"}});
      EXPECT_TRUE(!roots.ok() || same_object(roots->replica->status, wanted)) << name << nth;
      exchange();
    }
  }
}

TEST_F(OpenRoots, WhatIsMissingAboveTheReplicaIsMadeWithItAndNotBefore) {
  std::filesystem::create_directory_symlink("elsewhere", scratch_ / "to-elsewhere");
  for (const std::string name :
       {"new/a/b", "newer/../newer/b/", "to-elsewhere/x/y", "elsewhere/z/./b", "plain"}) {
    auto roots = open("source", name, 0751);
    ASSERT_TRUE(roots.ok()) << name;
    EXPECT_FALSE(roots->replica.has_value());
    EXPECT_TRUE(std::filesystem::is_directory(folder_above(*roots))) << name;
    EXPECT_FALSE(std::filesystem::exists(scratch_ / name)) << name;
    ASSERT_TRUE(create_replica(fs_, *roots, {roots->source.status}).ok()) << name;
    EXPECT_TRUE(std::filesystem::is_directory(scratch_ / name)) << name;
  }
  EXPECT_EQ(status_of("new").mode, 0751U);
}

TEST_F(OpenRoots, NothingIsMadeInTheSourceOrBelowAFileOrBehindALinkThatLeadsNowhere) {
  std::filesystem::create_symlink("nowhere", scratch_ / "dangling");
  for (const std::string name : {"source/new/a/b", "to-source/new/b", "file/a/b", "dangling/a"}) {
    EXPECT_FALSE(open("source", name, 0751).ok()) << name;
  }
}

TEST_F(OpenRoots, AReplicaThatCanNotBeMadeIsRefused) {
  for (const int error : {EROFS, EACCES, ENOSPC}) {
    auto roots = open("source", "unmade");
    ASSERT_TRUE(roots.ok());
    FaultyFileSystem refusing;
    refusing.intercept(fail_all(Call::kMakeDirectory, error));
    const Status made = create_replica(refusing, *roots, {roots->source.status});
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, ErrorCode::kRefused);
    EXPECT_EQ(made.error().error_number, error);
  }
}

TEST_F(OpenRoots, AFolderThatIsMadeAndExchangedWithALinkIsNeverLeft) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root makes a link of somebody else";
  const FileStatus elsewhere = status_of("elsewhere");
  std::uint64_t calls = 1;
  for (std::uint64_t nth = 1; nth <= calls; ++nth) {
    auto roots = open("source", "new");
    ASSERT_TRUE(roots.ok());
    FaultyFileSystem racing;
    racing.intercept(act_before([nth](const CallInfo& call) { return call.number == nth; },
                                [&] { exchange_with_planted("new"); }));
    const Status made = create_replica(racing, *roots, {roots->source.status});
    EXPECT_TRUE(!made.ok() || !same_object(roots->replica->status, elsewhere)) << nth;
    calls = std::max(calls, racing.calls());
    // Whichever of the two has the name.
    std::filesystem::remove(scratch_ / "new");
    std::filesystem::remove(scratch_ / "planted");
    plant_link();
  }
  EXPECT_EQ(status_of("elsewhere").mode, elsewhere.mode);
}

TEST_F(OpenRoots, AFilledFolderInThePlaceOfTheOneJustMadeIsNoReplica) {
  auto roots = open("source", "new");
  ASSERT_TRUE(roots.ok());
  FaultyFileSystem racing;
  racing.intercept(
      act_before([](const CallInfo& call) { return call.call == Call::kOpenDirectory; },
                 [&] {
                   std::filesystem::remove(scratch_ / "new");
                   std::filesystem::rename(scratch_ / "replica", scratch_ / "new");
                 }));
  const Status made = create_replica(racing, *roots, {roots->source.status});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::kRefused);
}

// Where names can be looked up, but not listed, what is judged is the same.
TEST_F(OpenRoots, AReplicaInAFolderThatCanNotBeReadIsOpened) {
  fs_.intercept([&](const CallInfo& call) {
    const bool is_it = scratch_.path().ends_with("/" + std::string(call.name));
    return call.call == Call::kOpenDirectory && is_it ? EACCES : 0;
  });
  EXPECT_TRUE(open("source", "replica").ok());
  EXPECT_TRUE(open("source", "to-replica").ok());
  EXPECT_TRUE(open("source", "new").ok());
}

TEST_F(OpenRoots, AnyCallThatFailsIsARefusalAndNoPair) {
  FaultyFileSystem counting;
  ASSERT_TRUE(open_roots(counting, {scratch_ / "source", scratch_ / "replica", {"/"}}).ok());
  for (std::uint64_t nth = 1; nth <= counting.calls(); ++nth) {
    FaultyFileSystem failing;
    failing.intercept(fail_at(nth, EIO, Lasting::kSameCall));
    const auto roots = open_roots(failing, {scratch_ / "source", scratch_ / "replica", {"/"}});
    // What is never a replica is looked at last, and may be missing.
    EXPECT_TRUE(!roots.ok() || roots->replica.has_value()) << failing.first_failure();
    EXPECT_FALSE(roots.ok() && failing.first_failure().starts_with("open_parent"));
  }
}

TEST_F(OpenRoots, AFolderLiesInsideWhereItsNearestAncestorDoes) {
  const auto root = open_root(fs_, scratch_ / "source", "source");
  ASSERT_TRUE(root.ok());
  for (const std::string name : {"source", "source/below", "to-below", "source/new/newer",
                                 "to-source/new", "source/below/../x"}) {
    const auto inside = lies_inside(fs_, scratch_ / name, *root);
    ASSERT_TRUE(inside.ok()) << name;
    EXPECT_TRUE(*inside) << name;
  }
  for (const std::string name : {"", "replica", "missing/deeper", "source/.."}) {
    const auto inside = lies_inside(fs_, scratch_ / name, *root);
    ASSERT_TRUE(inside.ok()) << name;
    EXPECT_FALSE(*inside) << name;
  }
}

TEST_F(OpenRoots, AFolderIsEmptyWhereOnlyAFileSystemOrARunOfOursKeepsSomethingInIt) {
  const auto root = open_root(fs_, scratch_ / "source/below", "source");
  ASSERT_TRUE(root.ok());
  const auto empty = [&] {
    const auto answer = is_empty(fs_, root->fd.get());
    EXPECT_TRUE(answer.ok());
    return answer && *answer;
  };
  EXPECT_TRUE(empty());
  plant({{".", directory()}, {".sync-txn", directory()}, {"lost+found", directory()}},
        scratch_ / "source/below");
  EXPECT_TRUE(empty());
  write_file(scratch_ / "source/below/lost", "");
  EXPECT_FALSE(empty());
}

TEST_F(OpenRoots, ThatAFolderIsNotEmptyIsKnownAfterItsFirstNames) {
  for (int i = 0; i < 2000; ++i) {
    write_file(scratch_ / ("source/" + std::string(100, 'n') + std::to_string(i)), "");
  }
  const auto root = open_root(fs_, scratch_ / "source", "source");
  ASSERT_TRUE(root.ok());
  const std::uint64_t looks = fs_.calls(Call::kStatusAt);
  const auto empty = is_empty(fs_, root->fd.get());
  ASSERT_TRUE(empty.ok());
  EXPECT_FALSE(*empty);
  EXPECT_EQ(fs_.calls(Call::kList), 1U);
  EXPECT_EQ(fs_.calls(Call::kStatusAt), looks);
}

}  // namespace
}  // namespace foldersync
