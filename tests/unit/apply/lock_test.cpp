#include "apply/recovery/lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "fs/posix_file_system.h"
#include "support/disk_tree.h"
#include "support/forwarding_file_system.h"

namespace foldersync {
namespace {

using ::testing::HasSubstr;

// Locks of folders fail; those of files too, where that is asked for.
class NoFolderLocks final : public test::ForwardingFileSystem {
 public:
  NoFolderLocks(FileSystem& inner, int error_number)
      : ForwardingFileSystem(inner), error_number_(error_number) {}

  Status lock(int fd) override {
    const auto found = status(fd);
    if (files_fail_ || !found || found->is_directory()) return system_error("flock", error_number_);
    return ForwardingFileSystem::lock(fd);
  }

  bool files_fail_ = false;

 private:
  int error_number_;
};

class LockTest : public testing::Test {
 protected:
  LockTest() {
    plant({{".", directory()},
           {"replica", directory()},
           {"other", directory()},
           {"state", directory()}},
          scratch_.path());
  }

  Root open(const char* name) { return open_root(fs_, scratch_ / name, "replica").value(); }
  std::string state() { return scratch_ / "state"; }

  std::size_t files_in_state() {
    const std::filesystem::path locks(scratch_ / "state/locks");
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(locks)) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }

  ScratchFolder scratch_;
  FileSystem& fs_ = posix_file_system();
  NoFolderLocks unable_{fs_, EOPNOTSUPP};
};

TEST_F(LockTest, OnlyOneHoldsAReplica) {
  Root first = open("replica");
  Root second = open("replica");
  const auto held = lock_replica(fs_, first, state());
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(*held, LockKind::kReplica);
  const auto refused = lock_replica(fs_, second, state());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLocked);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "state/locks"));
}

TEST_F(LockTest, TheOtherRunIsNamed) {
  Root first = open("replica");
  ASSERT_TRUE(lock_replica(fs_, first, state()).ok());
  const Error error = locked_out(fs_, open("replica"));
  EXPECT_EQ(error.code, ErrorCode::kLocked);
  EXPECT_THAT(error.detail, HasSubstr("process " + std::to_string(::getpid()) + " ("));
  EXPECT_THAT(error.detail, HasSubstr("started 2"));
  EXPECT_THAT(error.detail, HasSubstr("--lock-wait"));
}

TEST_F(LockTest, WhereNobodyIsKnownToHoldItThatIsSaid) {
  EXPECT_THAT(locked_out(fs_, open("replica")).detail, HasSubstr("can't be known"));
}

TEST_F(LockTest, AFileStandsInWhereTheFileSystemKnowsNoLocks) {
  for (const int error_number : {EOPNOTSUPP, ENOLCK, EINVAL, ENOSYS}) {
    NoFolderLocks unable(fs_, error_number);
    Root first = open("replica");
    Root second = open("replica");
    Root other = open("other");
    const auto held = lock_replica(unable, first, state());
    ASSERT_TRUE(held.ok()) << error_number;
    EXPECT_EQ(*held, LockKind::kStandIn);
    const auto refused = lock_replica(unable, second, state());
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kLocked);
    EXPECT_THAT(locked_out(unable, second).detail,
                HasSubstr("process " + std::to_string(::getpid())));
    EXPECT_TRUE(lock_replica(unable, other, state()).ok()) << "it is another replica";
  }
  EXPECT_EQ(files_in_state(), 2U);
}

TEST_F(LockTest, AStandInIsFreeWhenItsHolderGoes) {
  {
    Root first = open("replica");
    ASSERT_TRUE(lock_replica(unable_, first, state()).ok());
  }
  Root second = open("replica");
  EXPECT_TRUE(lock_replica(unable_, second, state()).ok());
}

TEST_F(LockTest, WithoutAPlaceForAStandInItIsRefused) {
  write_file(scratch_ / "odd", "no folder");
  for (const std::string& folder : {std::string(), scratch_ / "missing", scratch_ / "odd"}) {
    Root replica = open("replica");
    const auto refused = lock_replica(unable_, replica, folder);
    ASSERT_FALSE(refused.ok()) << folder;
    EXPECT_EQ(refused.error().code, ErrorCode::kRefused) << folder;
    EXPECT_THAT(refused.error().detail, HasSubstr("--state"));
  }
}

TEST_F(LockTest, AStandInThatCannotBeLockedEitherIsRefused) {
  unable_.files_fail_ = true;
  Root replica = open("replica");
  const auto refused = lock_replica(unable_, replica, state());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
}

TEST_F(LockTest, ALinkInPlaceOfTheStandInsLeadsNowhere) {
  std::filesystem::create_directory(scratch_ / "elsewhere");
  std::filesystem::create_symlink(scratch_ / "elsewhere", scratch_ / "state/locks");
  Root replica = open("replica");
  EXPECT_FALSE(lock_replica(unable_, replica, state()).ok());
  EXPECT_TRUE(std::filesystem::is_empty(scratch_ / "elsewhere"));
}

TEST_F(LockTest, AnyOtherFailureIsAnError) {
  NoFolderLocks failing(fs_, EIO);
  Root replica = open("replica");
  const auto failed = lock_replica(failing, replica, state());
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kSystem);
  EXPECT_EQ(failed.error().error_number, EIO);
}

}  // namespace
}  // namespace foldersync
