// What every FileSystem answers: the real one, and the one of values, as far as that can be read.
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <set>
#include <string>

#include "fs/posix_file_system.h"
#include "scan/directory_names.h"
#include "support/disk_tree.h"
#include "support/memory_file_system.h"

namespace foldersync {
namespace {

enum class Which : std::uint8_t { kReal, kMemory };

// Both hold the same tree.
class FileSystemContract : public testing::TestWithParam<Which> {
 protected:
  FileSystemContract() {
    if (GetParam() == Which::kReal) {
      plant(entries_of(tree_), scratch_ / "root");
      path_ = scratch_ / "root";
    } else {
      memory_.mount("/root", tree_);
      fs_ = &memory_;
      path_ = "/root";
    }
    root_ = std::move(*fs_->open_root(path_.c_str()));
  }

  template <class Value>
  static int error_of(const Result<Value>& result) {
    return result ? 0 : result.error().error_number;
  }

  Result<std::string> content(int fd) {
    std::array<std::byte, 64> buffer{};
    const auto count = TRY(fs_->read(fd, buffer));
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>(buffer[i]);
    return text;
  }

  test::Tree tree_ = test::tree({test::dir("d"), test::file("d/below", "b"),
                                 test::file("file", "content"), test::link("other", "file"),
                                 test::symlink("link", "file"), test::symlink("to-d", "d")});
  ScratchFolder scratch_;
  test::MemoryFileSystem memory_;
  FileSystem* fs_ = &posix_file_system();
  std::string path_;
  Fd root_;
};

TEST_P(FileSystemContract, WhatIsMissingIsMissing) {
  const int root = root_.get();
  EXPECT_EQ(error_of(fs_->open_root((path_ + "-none").c_str())), ENOENT);
  EXPECT_EQ(error_of(fs_->open_directory(root, "none")), ENOENT);
  EXPECT_EQ(error_of(fs_->open_file(root, "none")), ENOENT);
  EXPECT_EQ(error_of(fs_->open_entry(root, "none")), ENOENT);
  EXPECT_EQ(error_of(fs_->status_at(root, "none")), ENOENT);
  EXPECT_EQ(error_of(fs_->link_target(root, "none")), ENOENT);
}

TEST_P(FileSystemContract, NoLinkIsFollowedAndNothingIsWhatItIsNot) {
  const int root = root_.get();
  EXPECT_EQ(error_of(fs_->open_directory(root, "file")), ENOTDIR);
  EXPECT_EQ(error_of(fs_->open_directory(root, "to-d")), ENOTDIR);
  EXPECT_EQ(error_of(fs_->open_file(root, "link")), ELOOP);
  EXPECT_EQ(error_of(fs_->link_target(root, "file")), EINVAL);
  EXPECT_EQ(*fs_->link_target(root, "link"), "file");
  EXPECT_EQ(fs_->status_at(root, "link")->type, FileType::kSymlink);
  const auto directory = fs_->open_file(root, "d");
  ASSERT_TRUE(directory.ok());
  EXPECT_EQ(error_of(content(directory->get())), EISDIR);
}

TEST_P(FileSystemContract, AFileIsReadToItsEndAndFromWhereItIsTold) {
  const auto file = fs_->open_file(root_.get(), "file");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(*content(file->get()), "content");
  EXPECT_EQ(*content(file->get()), "");
  EXPECT_TRUE(fs_->seek(file->get(), 3, Seek::kStart).ok());
  EXPECT_EQ(*content(file->get()), "tent");
  EXPECT_TRUE(fs_->seek(file->get(), 100, Seek::kStart).ok());
  EXPECT_EQ(*content(file->get()), "") << "behind its end";
}

TEST_P(FileSystemContract, ADirectoryIsListedOnceAndAgainFromItsStart) {
  DirectoryNames names;
  const auto listed = [&] {
    EXPECT_TRUE(names.read(*fs_, root_.get()).ok());
    std::set<std::string> found;
    for (std::size_t i = 0; i < names.size(); ++i) found.emplace(names[i]);
    return found;
  };
  const std::set<std::string> all{"d", "file", "link", "other", "to-d"};
  EXPECT_EQ(listed(), all);
  EXPECT_EQ(listed(), std::set<std::string>());
  EXPECT_TRUE(fs_->seek(root_.get(), 0, Seek::kStart).ok());
  EXPECT_EQ(listed(), all);
}

TEST_P(FileSystemContract, AStatusIsThatOfTheObjectByWhateverWay) {
  const int root = root_.get();
  const auto file = fs_->status_at(root, "file");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->size, 7U);
  EXPECT_EQ(file->links, 2U);
  EXPECT_EQ(file->mtime, (FileTime{100, 0}));
  EXPECT_TRUE(same_object(*file, *fs_->status_at(root, "other")));
  EXPECT_FALSE(same_object(*file, *fs_->status_at(root, "link")));
  const auto entry = fs_->open_entry(root, "other");
  EXPECT_TRUE(same_object(*file, *fs_->status(entry->get())));
  const auto below = fs_->open_directory(root, "d");
  const auto parent = fs_->open_parent(below->get());
  EXPECT_TRUE(same_object(*fs_->status(root), *fs_->status(parent->get())));
  const auto above = fs_->open_directory(below->get(), "..");
  ASSERT_TRUE(above.ok());
  EXPECT_TRUE(same_object(*fs_->status(root), *fs_->status(above->get())));
}

INSTANTIATE_TEST_SUITE_P(Each, FileSystemContract, testing::Values(Which::kReal, Which::kMemory));

}  // namespace
}  // namespace foldersync
