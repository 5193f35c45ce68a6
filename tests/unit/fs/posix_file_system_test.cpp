#include "fs/posix_file_system.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>

#include "support/disk_tree.h"

namespace foldersync {
namespace {

class PosixFileSystemTest : public testing::Test {
 protected:
  PosixFileSystemTest()
      : root_(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

  void add(const std::string& name, TreeEntry entry) {
    plant({{name, std::move(entry)}}, scratch_.path());
  }
  [[nodiscard]] int root() const { return root_.get(); }

  static int error_of(const auto& result) { return result.ok() ? 0 : result.error().error_number; }
  static bool is_close_on_exec(const Fd& fd) {
    return (::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0;
  }

  ScratchFolder scratch_;
  FileSystem& fs_ = posix_file_system();
  Fd root_;
};

TEST_F(PosixFileSystemTest, LinksAreNeverFollowedInAName) {
  add("dir", directory());
  add("file", file("content"));
  add("to-dir", symlink("dir"));
  add("to-file", symlink("file"));
  EXPECT_NE(error_of(fs_.open_directory(root(), "to-dir")), 0);
  EXPECT_EQ(error_of(fs_.open_file(root(), "to-file")), ELOOP);
  EXPECT_EQ(error_of(fs_.create_file(root(), "to-file", 0600)), EEXIST);
  const auto status = fs_.status_at(root(), "to-file");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->type, FileType::kSymlink);
  const auto entry = fs_.open_entry(root(), "to-dir");
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(fs_.status(entry->get())->type, FileType::kSymlink);
}

TEST_F(PosixFileSystemTest, ALinkToNowhereCannotMakeAFileElsewhere) {
  add("dangling", symlink("made-through-it"));
  EXPECT_EQ(error_of(fs_.create_file(root(), "dangling", 0600)), EEXIST);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "made-through-it"));
}

TEST_F(PosixFileSystemTest, DescriptorsAreNotInherited) {
  add("dir", directory());
  add("file", file("content"));
  for (auto fd :
       {fs_.open_root(scratch_.path().c_str()).value().release(),
        fs_.open_above(scratch_.path().c_str()).value().release(),
        fs_.open_directory(root(), "dir").value().release(),
        fs_.open_parent(root()).value().release(), fs_.open_file(root(), "file").value().release(),
        fs_.open_entry(root(), "file").value().release(),
        fs_.create_file(root(), "new", 0600).value().release()}) {
    EXPECT_TRUE(is_close_on_exec(Fd(fd)));
  }
}

TEST_F(PosixFileSystemTest, AFifoIsOpenedWithoutWaiting) {
  add("pipe", fifo());
  const auto fd = fs_.open_file(root(), "pipe");
  ASSERT_TRUE(fd.ok());
  EXPECT_EQ(fs_.status(fd->get())->type, FileType::kFifo);
}

TEST_F(PosixFileSystemTest, ReadingAFileOfTheCallersOwnLeavesItsAccessTime) {
  add("file", file("content"));
  const std::array<timespec, 2> old{{{1000, 0}, {1000, 0}}};
  ASSERT_EQ(::utimensat(root(), "file", old.data(), 0), 0);
  const auto fd = fs_.open_file(root(), "file");
  ASSERT_TRUE(fd.ok());
  std::array<std::byte, 16> buffer{};
  ASSERT_TRUE(fs_.read(fd->get(), buffer).ok());
  struct stat status {};
  ASSERT_EQ(::fstat(fd->get(), &status), 0);
  EXPECT_EQ(status.st_atim.tv_sec, 1000);
}

TEST_F(PosixFileSystemTest, AStatusTellsTypeModeSizeTimesAndLinks) {
  add("file", file("12345").at(-7).with_mode(04751));
  ASSERT_EQ(::link((scratch_ / "file").c_str(), (scratch_ / "twin").c_str()), 0);
  const auto status = fs_.status_at(root(), "file");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->type, FileType::kFile);
  EXPECT_EQ(status->mode, 04751U);
  EXPECT_EQ(status->size, 5U);
  EXPECT_EQ(status->mtime, (FileTime{-7, 5}));
  EXPECT_EQ(status->links, 2U);
  EXPECT_EQ(status->uid, ::geteuid());
  EXPECT_FALSE(status->mount_root);
  EXPECT_TRUE(same_object(*status, *fs_.status_at(root(), "twin")));
}

TEST_F(PosixFileSystemTest, AnIncarnationStaysWhateverIsDoneToTheFile) {
  add("file", file("12345"));
  const auto incarnation = [this](const char* name) {
    const auto fd = fs_.open_entry(root(), name);
    const auto found = fs_.incarnation(fd->get());
    return found ? *found : std::nullopt;
  };
  const auto before = incarnation("file");
  if (!before) GTEST_SKIP() << "the file system of temporary files tells none";
  ASSERT_EQ(::truncate((scratch_ / "file").c_str(), 1), 0);
  EXPECT_EQ(incarnation("file"), before);
}

TEST_F(PosixFileSystemTest, EveryTypeIsToldApart) {
  add("dir", directory());
  add("link", symlink("x"));
  add("pipe", fifo());
  ASSERT_TRUE(fs_.make_node(root(), "socket", FileType::kSocket, 0600, 0).ok());
  EXPECT_EQ(fs_.status_at(root(), "dir")->type, FileType::kDirectory);
  EXPECT_EQ(fs_.status_at(root(), "link")->type, FileType::kSymlink);
  EXPECT_EQ(fs_.status_at(root(), "pipe")->type, FileType::kFifo);
  EXPECT_EQ(fs_.status_at(root(), "socket")->type, FileType::kSocket);
}

TEST_F(PosixFileSystemTest, DeviceNumbersArriveUnchanged) {
  const auto dev = fs_.open_root("/dev");
  ASSERT_TRUE(dev.ok());
  const auto status = fs_.status_at(dev->get(), "null");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->type, FileType::kCharDevice);
  EXPECT_EQ(status->rdev, makedev(1, 3));
}

TEST_F(PosixFileSystemTest, ALinkTargetOfTheGreatestLengthIsReadWhole) {
  const std::string target(4095, 't');
  ASSERT_TRUE(fs_.make_symlink(target.c_str(), root(), "link").ok());
  EXPECT_EQ(fs_.link_target(root(), "link").value(), target);
  EXPECT_EQ(error_of(fs_.link_target(root(), "missing")), ENOENT);
}

TEST_F(PosixFileSystemTest, ARenameReplacesNothingUnlessAsked) {
  add("from", file("from"));
  add("to", file("to"));
  EXPECT_EQ(error_of(fs_.rename(root(), "from", root(), "to", RenameMode::kNoReplace)), EEXIST);
  EXPECT_EQ(bytes_of(scratch_ / "to"), "to");
  ASSERT_TRUE(fs_.rename(root(), "from", root(), "to", RenameMode::kExchange).ok());
  EXPECT_EQ(bytes_of(scratch_ / "to"), "from");
  EXPECT_EQ(bytes_of(scratch_ / "from"), "to");
  ASSERT_TRUE(fs_.rename(root(), "from", root(), "to", RenameMode::kReplace).ok());
  EXPECT_EQ(bytes_of(scratch_ / "to"), "to");
  EXPECT_EQ(error_of(fs_.rename(root(), "to", root(), "none", RenameMode::kExchange)), ENOENT);
}

TEST_F(PosixFileSystemTest, AHardLinkToALinkIsALinkToTheLink) {
  add("file", file("content"));
  add("link", symlink("file"));
  ASSERT_TRUE(fs_.make_link(root(), "link", root(), "twin").ok());
  EXPECT_EQ(fs_.status_at(root(), "twin")->type, FileType::kSymlink);
}

TEST_F(PosixFileSystemTest, MetadataOfEntriesThatCannotBeOpenedIsSetThroughAPathDescriptor) {
  add("link", symlink("nowhere"));
  add("pipe", fifo());
  const auto pipe = fs_.open_entry(root(), "pipe");
  ASSERT_TRUE(fs_.set_mode({pipe->get(), true}, 0640).ok());
  ASSERT_TRUE(fs_.set_mtime({pipe->get(), true}, {42, 43}).ok());
  EXPECT_EQ(fs_.status(pipe->get())->mode, 0640U);
  EXPECT_EQ(fs_.status(pipe->get())->mtime, (FileTime{42, 43}));
  const auto link = fs_.open_entry(root(), "link");
  ASSERT_TRUE(fs_.set_mtime({link->get(), true}, {-1, 999'999'999}).ok());
  EXPECT_EQ(fs_.status(link->get())->mtime, (FileTime{-1, 999'999'999}));
}

TEST_F(PosixFileSystemTest, TheModeOfANewFileIsNeverWiderThanAsked) {
  const mode_t before = ::umask(0);
  const auto made = fs_.create_file(root(), "file", 0600);
  const Status directory_made = fs_.make_directory(root(), "dir", 0700);
  ::umask(before);
  ASSERT_TRUE(made.ok() && directory_made.ok());
  EXPECT_EQ(fs_.status_at(root(), "file")->mode, 0600U);
  EXPECT_EQ(fs_.status_at(root(), "dir")->mode, 0700U);
}

TEST_F(PosixFileSystemTest, RemovingKnowsFilesFromDirectories) {
  add("dir", directory());
  add("dir/file", file("in it"));
  EXPECT_EQ(error_of(fs_.remove_file(root(), "dir")), EISDIR);
  EXPECT_EQ(error_of(fs_.remove_directory(root(), "dir")), ENOTEMPTY);
  EXPECT_EQ(error_of(fs_.remove_file(root(), "missing")), ENOENT);
  const auto dir = fs_.open_directory(root(), "dir");
  EXPECT_EQ(error_of(fs_.remove_directory(dir->get(), "file")), ENOTDIR);
  EXPECT_TRUE(fs_.remove_file(dir->get(), "file").ok());
  EXPECT_TRUE(fs_.remove_directory(root(), "dir").ok());
}

TEST_F(PosixFileSystemTest, OnlyOneHoldsTheLockUntilItsDescriptorCloses) {
  auto first = fs_.open_root(scratch_.path().c_str());
  const auto second = fs_.open_root(scratch_.path().c_str());
  ASSERT_TRUE(fs_.lock(first->get()).ok());
  EXPECT_EQ(error_of(fs_.lock(second->get())), EWOULDBLOCK);
  first->reset();
  EXPECT_TRUE(fs_.lock(second->get()).ok());
}

TEST_F(PosixFileSystemTest, AFileSystemIsTheSameForAllOfItsDirectories) {
  add("dir", directory());
  const auto dir = fs_.open_directory(root(), "dir");
  const auto id = fs_.file_system_id(root());
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, *fs_.file_system_id(dir->get()));
  const auto proc = fs_.open_root("/proc");
  EXPECT_NE(*id, *fs_.file_system_id(proc->get()));
}

TEST_F(PosixFileSystemTest, AFileSystemHasAllItsNamesAndOneIsItsDeviceNumber) {
  const auto names = fs_.file_system_ids(root());
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(*names, testing::Contains(*fs_.file_system_id(root())));
  EXPECT_THAT(*names, testing::Contains(testing::StartsWith("dev:")));
}

TEST_F(PosixFileSystemTest, WhatIsMountedIsToldByTypeAndSource) {
  add("dir", directory());
  const auto dir = fs_.open_directory(root(), "dir");
  const auto mounted = fs_.mounted_as(root());
  if (!mounted) GTEST_SKIP() << "the table of mounts is not that of this process";
  EXPECT_EQ(*mounted, *fs_.mounted_as(dir->get()));
  const auto proc = fs_.open_root("/proc");
  EXPECT_TRUE(fs_.mounted_as(proc->get())->starts_with("proc "));
  EXPECT_EQ(error_of(fs_.mounted_as(-1)), EBADF);
}

TEST_F(PosixFileSystemTest, OnlyAFileSystemThatIsKnownToBeLocalCountsAsOne) {
  struct statfs found {};
  ASSERT_EQ(::statfs("/", &found), 0);
  const bool is_on_a_disk = found.f_type == EXT4_SUPER_MAGIC || found.f_type == XFS_SUPER_MAGIC ||
                            found.f_type == BTRFS_SUPER_MAGIC;
  if (is_on_a_disk) {
    EXPECT_EQ(*fs_.sharing(fs_.open_root("/")->get()), Sharing::kLocal);
  }
  const auto proc = fs_.open_root("/proc");
  EXPECT_EQ(*fs_.sharing(proc->get()), Sharing::kShared);
  EXPECT_EQ(error_of(fs_.sharing(-1)), EBADF);
}

TEST_F(PosixFileSystemTest, StampsOfAFileSystemInMemoryTellTooLittle) {
  const auto memory = fs_.open_root("/dev/shm");
  if (!memory) GTEST_SKIP() << "no file system in memory";
  EXPECT_EQ(*fs_.sharing(memory->get()), Sharing::kUnstamped);
}

TEST_F(PosixFileSystemTest, TheParentOfADirectoryIsReachedByItsDescriptor) {
  add("dir", directory());
  const auto dir = fs_.open_directory(root(), "dir");
  const auto parent = fs_.open_parent(dir->get());
  ASSERT_TRUE(parent.ok());
  EXPECT_TRUE(same_object(*fs_.status(parent->get()), *fs_.status(root())));
}

TEST_F(PosixFileSystemTest, ClosingTwiceIsAnErrorAndNotSilent) {
  Fd fd(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ::close(fd.get());
  EXPECT_EQ(error_of(fs_.close(std::move(fd))), EBADF);
}

}  // namespace
}  // namespace foldersync
