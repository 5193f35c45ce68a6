#include "fs/lock_holder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fs/clock.h"
#include "fs/posix_file_system.h"
#include "support/disk_tree.h"

namespace foldersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(HeldLocks, AreReadFromTheKernelsList) {
  EXPECT_THAT(held_locks("1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF\n"
                         "2: FLOCK  ADVISORY  WRITE 99 00:2f:18446744073709551615 0 EOF\n"),
              ElementsAre(HeldLock{1234, makedev(0xfe, 1), 5678},
                          HeldLock{99, makedev(0, 0x2f), UINT64_MAX}));
}

TEST(HeldLocks, LeaveOutOtherKindsWaitersAndProcessesOfOtherContainers) {
  EXPECT_THAT(held_locks("1: POSIX  ADVISORY  WRITE 1 fe:01:2 0 EOF\n"
                         "2: OFDLCK ADVISORY  READ -1 fe:01:2 0 EOF\n"
                         "3: -> FLOCK  ADVISORY  WRITE 5 fe:01:2 0 EOF\n"
                         "4: FLOCK  ADVISORY  WRITE 0 fe:01:2 0 EOF\n"),
              IsEmpty());
}

TEST(HeldLocks, AreNotReadFromAnythingElse) {
  for (const char* text :
       {"", "\n\n", "1: FLOCK", "1: FLOCK ADVISORY WRITE x fe:01:2 0 EOF",
        "1: FLOCK ADVISORY WRITE 1 fe-01-2 0 EOF", "1: FLOCK ADVISORY WRITE 1 <none>:0 0 EOF"}) {
    EXPECT_THAT(held_locks(text), IsEmpty()) << text;
  }
}

TEST(LockHolder, IsThisProcessWhereItHoldsTheLock) {
  const ScratchFolder scratch;
  FileSystem& fs = posix_file_system();
  const Fd folder = std::move(fs.open_root(scratch.path().c_str()).value());
  const FileStatus status = fs.status(folder.get()).value();
  EXPECT_EQ(find_lock_holder(status), std::nullopt);
  ASSERT_TRUE(fs.lock(folder.get()).ok());
  const auto holder = find_lock_holder(status);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->process, ::getpid());
  EXPECT_THAT(holder->command, HasSubstr("unit_fs"));
  ASSERT_TRUE(holder->started);
  EXPECT_LE(holder->started->seconds, wall_clock_now().seconds + 1);
  EXPECT_GT(holder->started->seconds, wall_clock_now().seconds - 3600);
}

TEST(LockHolder, IsFoundAmongMany) {
  constexpr int kMany = 300;  // more than one piece of what the kernel shows at a time
  const ScratchFolder scratch;
  FileSystem& fs = posix_file_system();
  const Fd folder = std::move(fs.open_root(scratch.path().c_str()).value());
  std::vector<Fd> files;
  for (int i = 0; i < kMany; ++i) {
    files.push_back(
        std::move(fs.create_file(folder.get(), std::to_string(i).c_str(), 0600).value()));
    ASSERT_TRUE(fs.lock(files.back().get()).ok());
  }
  // Where others lock and unlock meanwhile, the kernel may leave one out.
  const auto is_found = [&](const Fd& file) {
    return find_lock_holder(fs.status(file.get()).value()).has_value();
  };
  EXPECT_GT(std::count_if(files.begin(), files.end(), is_found), kMany * 3 / 4);
}

}  // namespace
}  // namespace foldersync
