#include "fs/directory_cursor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

class DirectoryCursorTest : public testing::Test {
 protected:
  DirectoryCursorTest() {
    plant({{".", directory()},
           {"a", directory()},
           {"a/b", directory()},
           {"a/b/c", directory()},
           {"a/bee", directory()},
           {"d", directory()},
           {"file", file("no directory")},
           {"link", symlink("a")}},
          scratch_ / "root");
    root_ = ::open((scratch_ / "root").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  ~DirectoryCursorTest() override { ::close(root_); }

  DirectoryCursor cursor(CursorRules rules = {}, std::size_t max_open = 8) {
    return {fs_, root_, std::move(rules), max_open};
  }

  // Whether the descriptor stands for the directory at `path` below the root.
  [[nodiscard]] bool is_at(const Result<int>& fd, const std::string& path) const {
    struct stat expected {};
    struct stat found {};
    return fd.ok() && ::stat(join(scratch_ / "root", path).c_str(), &expected) == 0 &&
           ::fstat(*fd, &found) == 0 && expected.st_ino == found.st_ino;
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  int root_ = -1;
};

TEST_F(DirectoryCursorTest, TheEmptyPathIsTheRootItselfAndOpensNothing) {
  DirectoryCursor at = cursor();
  EXPECT_TRUE(is_at(at.enter(""), "."));
  EXPECT_EQ(fs_.calls(), 0U);
}

TEST_F(DirectoryCursorTest, ToldToStopItEntersNothingMore) {
  std::atomic<bool> stop{false};
  CursorRules rules;
  rules.stop = &stop;
  DirectoryCursor at = cursor(rules);
  EXPECT_TRUE(is_at(at.enter("a"), "a"));
  stop = true;
  const auto below = at.enter("a/b/c");
  ASSERT_FALSE(below.ok());
  EXPECT_EQ(below.error().code, ErrorCode::kStopped);
  EXPECT_EQ(fs_.calls(Call::kOpenDirectory), 1U);
}

TEST_F(DirectoryCursorTest, MovingToANeighbourOpensOnlyWhatDiffers) {
  DirectoryCursor at = cursor();
  EXPECT_TRUE(is_at(at.enter("a/b/c"), "a/b/c"));
  EXPECT_EQ(fs_.calls(Call::kOpenDirectory), 3U);
  EXPECT_TRUE(is_at(at.enter("a/b"), "a/b"));
  EXPECT_EQ(fs_.calls(Call::kOpenDirectory), 3U);
  EXPECT_TRUE(is_at(at.enter("a/bee"), "a/bee"));
  EXPECT_EQ(fs_.calls(Call::kOpenDirectory), 4U);
  EXPECT_TRUE(is_at(at.enter("d"), "d"));
  EXPECT_EQ(fs_.calls(Call::kOpenDirectory), 5U);
}

TEST_F(DirectoryCursorTest, ANameThatBeginsLikeAnotherIsAnother) {
  DirectoryCursor at = cursor();
  EXPECT_TRUE(is_at(at.enter("a/bee"), "a/bee"));
  EXPECT_TRUE(is_at(at.enter("a/b"), "a/b"));
  EXPECT_TRUE(is_at(at.enter("a/bee"), "a/bee"));
}

TEST_F(DirectoryCursorTest, LinksAndFilesAreRefusedAndNamed) {
  DirectoryCursor at = cursor();
  for (const std::string name : {"link", "file"}) {
    const auto fd = at.enter(name + "/below");
    ASSERT_FALSE(fd.ok());
    EXPECT_EQ(fd.error().path, name);
    EXPECT_TRUE(fd.error().error_number == ENOTDIR || fd.error().error_number == ELOOP);
  }
}

TEST_F(DirectoryCursorTest, AfterAFailureItGoesOnFromWhereItWas) {
  DirectoryCursor at = cursor();
  EXPECT_FALSE(at.enter("a/missing/below").ok());
  EXPECT_EQ(at.current(), "a");
  EXPECT_TRUE(is_at(at.enter("a/b"), "a/b"));
  EXPECT_FALSE(at.enter("missing").ok());
  EXPECT_EQ(at.current(), "");
  EXPECT_TRUE(is_at(at.enter(""), "."));
}

TEST_F(DirectoryCursorTest, ForbiddenDirectoriesAreNeverEntered) {
  const auto forbidden = fs_.status_at(root_, "d");
  ASSERT_TRUE(forbidden.ok());
  CursorRules other;
  other.other_root = *forbidden;
  CursorRules own;
  own.own_folder = *forbidden;
  for (const CursorRules& rules : {other, own}) {
    DirectoryCursor at = cursor(rules);
    EXPECT_TRUE(at.enter("a/b").ok());
    const auto fd = at.enter("d");
    ASSERT_FALSE(fd.ok());
    EXPECT_EQ(fd.error().code, ErrorCode::kRefused);
  }
}

TEST_F(DirectoryCursorTest, OtherMountsAreNotEntered) {
  const auto status = fs_.status(root_);
  ASSERT_TRUE(status.ok());
  DirectoryCursor same = cursor({status->mount, {}, {}});
  EXPECT_TRUE(same.enter("a").ok());
  DirectoryCursor other = cursor({status->mount + 1, {}, {}});
  const auto fd = other.enter("a");
  ASSERT_FALSE(fd.ok());
  EXPECT_EQ(fd.error().code, ErrorCode::kCrossesMount);
}

TEST_F(DirectoryCursorTest, WhatIsAboveByNowIsNotTakenForWhatWasThere) {
  DirectoryCursor at = cursor({}, 2);
  ASSERT_TRUE(at.enter("a/b/c").ok());
  ASSERT_EQ(::rename((scratch_ / "root/a/b").c_str(), (scratch_ / "root/d/b").c_str()), 0);
  EXPECT_TRUE(is_at(at.enter("a"), "a")) << "and not d, which is above b by now";
}

TEST_F(DirectoryCursorTest, WhatWasReopenedIsLookedAtAgainAndALinkInTheWayIsRefused) {
  DirectoryCursor at = cursor({}, 2);
  ASSERT_TRUE(at.enter("a/b/c").ok());
  ASSERT_EQ(::rename((scratch_ / "root/a/b").c_str(), (scratch_ / "root/b").c_str()), 0);
  ASSERT_EQ(::rename((scratch_ / "root/a").c_str(), (scratch_ / "root/moved").c_str()), 0);
  ASSERT_EQ(::symlink("moved", (scratch_ / "root/a").c_str()), 0);
  EXPECT_FALSE(at.enter("a").ok());
}

// Each number of descriptors, on a path deeper than any of them.
class DeepCursor : public testing::TestWithParam<std::size_t> {};

TEST_P(DeepCursor, WalksTwoThousandLevelsDownAndUpWithFewDescriptors) {
  constexpr std::size_t kLevels = 2000;
  const ScratchFolder scratch;
  const int root = ::open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::string path;
  int here = ::dup(root);
  for (std::size_t level = 0; level < kLevels; ++level) {
    ASSERT_EQ(::mkdirat(here, "d", 0755), 0);
    const int next = ::openat(here, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ::close(here);
    here = next;
    path += level == 0 ? "d" : "/d";
  }
  struct stat bottom {};
  ASSERT_EQ(::fstat(here, &bottom), 0);
  ::close(here);

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{32 + GetParam(), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  FaultyFileSystem fs;
  DirectoryCursor cursor(fs, root, {}, GetParam());
  const auto fd = cursor.enter(path);
  struct stat found {};
  EXPECT_TRUE(fd.ok() && ::fstat(*fd, &found) == 0 && found.st_ino == bottom.st_ino);
  EXPECT_EQ(fs.calls(Call::kOpenDirectory), kLevels);
  // Up again: each level whose descriptor has gone is opened once, from the one below.
  for (std::size_t length = path.size(); length > 1; length -= 2) {
    ASSERT_TRUE(cursor.enter(std::string_view(path).substr(0, length)).ok());
  }
  EXPECT_TRUE(cursor.enter("d").ok());
  EXPECT_LE(fs.calls(Call::kOpenDirectory), 2 * kLevels);
  EXPECT_LE(fs.calls(), 4 * kLevels);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ::close(root);
}

INSTANTIATE_TEST_SUITE_P(Open, DeepCursor, testing::Values(2, 3, 17, 64));

TEST(DescriptorsPerCursor, AreAtLeastTwoAndNeverMoreThanTheProcessMayHave) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  for (const rlim_t limit : {16U, 64U, 256U}) {
    const rlimit few{limit, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    for (const std::size_t cursors : {1U, 2U, 8U, 64U}) {
      const std::size_t each = descriptors_per_cursor(cursors);
      EXPECT_GE(each, 2U);
      EXPECT_TRUE(each == 2 || each * cursors <= limit) << limit << " for " << cursors;
    }
  }
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace foldersync
