#include "scan/roots.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
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
           {"to-below", symlink("source/below")}},
          scratch_.path());
  }

  Result<Roots> open(const std::string& source, const std::string& replica) {
    return open_roots(fs_, {scratch_ / source, scratch_ / replica, {"/", scratch_ / "never"}});
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
  for (const std::string name : {"new", "newer/", "newest///"}) {
    auto roots = open("source", name);
    ASSERT_TRUE(roots.ok());
    EXPECT_FALSE(roots->replica.has_value());
    ASSERT_TRUE(create_replica(fs_, *roots).ok());
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
  expect_refused("source", "to-replica/", ErrorCode::kRefused);
  EXPECT_TRUE(open("source", "replica").ok());
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
