// Large files that changed a little, on a replica whose file system has clones: what fails on the
// way. The file systems of these tests need none: clones and the second device are pretended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <utility>

#include "fault/mirror.h"
#include "fault/rich_trees.h"
#include "fs/posix_file_system.h"
#include "support/faulty_file_system.h"
#include "support/forwarding_file_system.h"

namespace foldersync {
namespace {

using testing::AnyOf;
using testing::Eq;

constexpr std::size_t kSize = 1'200'000;

// The replica's file system has clones, and what has one of the inodes lies on another one.
class Cloning final : public test::ForwardingFileSystem {
 public:
  Cloning(FileSystem& inner, std::set<std::uint64_t> elsewhere)
      : ForwardingFileSystem(inner), elsewhere_(std::move(elsewhere)) {}

  Result<FileStatus> status(int fd) override { return moved(ForwardingFileSystem::status(fd)); }
  Result<FileStatus> status_at(int directory, const char* name) override {
    return moved(ForwardingFileSystem::status_at(directory, name));
  }
  Result<FileSystemFacts> facts(int fd) override {
    auto facts = ForwardingFileSystem::facts(fd);
    if (facts) facts->clones = true;
    return facts;
  }
  Result<std::size_t> read(int fd, std::span<std::byte> buffer) override {
    if (is_bad_ && fd == clone_) return system_error("read", EIO);
    return ForwardingFileSystem::read(fd, buffer);
  }
  Status clone(int from, int to) override {
    clone_ = to;
    if (refusal_ != 0) return system_error("clone", refusal_);
    Status made = ForwardingFileSystem::clone(from, to);
    if (made || made.error().error_number != EOPNOTSUPP) return made;
    std::array<char, 65536> buffer{};
    for (off_t at = 0;; ++clones_) {
      const ssize_t count = ::pread(from, buffer.data(), buffer.size(), at);
      if (count <= 0) return count == 0 ? success() : Status(system_error("clone", errno));
      if (::pwrite(to, buffer.data(), static_cast<std::size_t>(count), at) != count) {
        return system_error("clone", errno);
      }
      at += count;
    }
  }

  bool is_bad_ = false;  // what was cloned can't be read
  int refusal_ = 0;      // what each clone fails with
  int clones_ = 0;       // above 0: something was cloned

 private:
  Result<FileStatus> moved(Result<FileStatus> status) const {
    if (status && elsewhere_.contains(status->inode)) ++status->device;
    return status;
  }

  std::set<std::uint64_t> elsewhere_;
  int clone_ = -1;
};

class Clones : public MirrorTest {
 protected:
  Clones() {
    new_[100] = '!';
    new_[kSize - 5] = '!';
    new_ += "and more";
    plant_source({{".", directory()}, {"big", file(new_).at(200)}});
    start_again();
    options_.durable = false;
  }

  void start_again() {
    remove_tree(replica_);
    plant_replica({{".", directory()}, {"big", file(old_).at(100)}});
  }

  [[nodiscard]] std::set<std::uint64_t> source_inodes() const {
    std::set<std::uint64_t> inodes;
    for (const std::string& path : {source_, in_source("big")}) {
      struct stat status {};
      EXPECT_EQ(::lstat(path.c_str(), &status), 0);
      inodes.insert(status.st_ino);
    }
    return inodes;
  }

  std::string old_ = filler('b', kSize);
  std::string new_ = old_;
  MirrorOptions options_;
};

TEST_F(Clones, OnlyWhatDiffersIsWritten) {
  FaultyFileSystem faulty;
  Cloning fs(faulty, source_inodes());
  const MirrorRun done = run(fs, options_);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_GT(fs.clones_, 0);
  EXPECT_EQ(faulty.calls(Call::kCopyRange), 0U);
  expect_exact_copy();
}

TEST_F(Clones, WhereTheyAreRefusedTheFileIsCopied) {
  for (const int refusal : {EOPNOTSUPP, EXDEV, EINVAL, ENOSPC, EPERM}) {
    start_again();
    FaultyFileSystem faulty;
    Cloning fs(faulty, source_inodes());
    fs.refusal_ = refusal;
    const MirrorRun done = run(fs, options_);
    EXPECT_TRUE(done.is_success()) << done.troubles();
    expect_exact_copy();
  }
}

TEST_F(Clones, AnOldFileThatTheDiskDoesNotGiveIsNoObstacle) {
  Cloning fs(posix_file_system(), source_inodes());
  fs.is_bad_ = true;
  const MirrorRun done = run(fs, options_);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_GT(fs.clones_, 0);
  expect_exact_copy();
}

TEST_F(Clones, WhicheverCallFailsTheFileIsOldOrNewAndTheNextRunMendsIt) {
  std::uint64_t calls = 0;
  {
    FaultyFileSystem faulty;
    Cloning fs(faulty, source_inodes());
    ASSERT_TRUE(run(fs, options_).is_success());
    calls = faulty.calls();
  }
  for (const int error_number : {EIO, ENOSPC}) {
    for (std::uint64_t nth = 1; nth <= calls; ++nth) {
      start_again();
      FaultyFileSystem faulty;
      faulty.intercept([&](const CallInfo& call) { return call.number == nth ? error_number : 0; });
      Cloning fs(faulty, source_inodes());
      const MirrorRun failed = run(fs, options_);
      SCOPED_TRACE(faulty.first_failure());
      const std::string left = bytes_of(in_replica("big"));
      ASSERT_THAT(left, AnyOf(Eq(old_), Eq(new_)));
      ASSERT_TRUE(!failed.is_success() || left == new_);
      expect_converges(options_);
      if (HasFailure()) return;
    }
  }
}

TEST_F(Clones, OnAFullDiskTheOldCopyStays) {
  FaultyFileSystem faulty;
  faulty.intercept([](const CallInfo& call) { return call.call == Call::kWrite ? ENOSPC : 0; });
  Cloning fs(faulty, source_inodes());
  EXPECT_FALSE(run(fs, options_).is_success());
  EXPECT_EQ(bytes_of(in_replica("big")), old_);
  expect_converges(options_);
}

}  // namespace
}  // namespace foldersync
