#include "core/file_status.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace foldersync {
namespace {

FileStatus some_file() {
  FileStatus status;
  status.inode = 7;
  status.device = 3;
  status.size = 100;
  status.mtime = {50, 5};
  status.ctime = {60, 6};
  return status;
}

TEST(FileTypeText, EveryTypeIsTheWordOfThePlanDocument) {
  const std::vector<std::pair<FileType, std::string>> words{
      {FileType::kFile, "file"},         {FileType::kDirectory, "dir"},
      {FileType::kSymlink, "symlink"},   {FileType::kFifo, "fifo"},
      {FileType::kSocket, "socket"},     {FileType::kCharDevice, "char"},
      {FileType::kBlockDevice, "block"},
  };
  for (const auto& [type, word] : words) EXPECT_EQ(to_string(type), word);
}

TEST(SameObject, ContentStampsAndMetadataDoNotMatter) {
  FileStatus later = some_file();
  later.size = 1;
  later.mtime = {51, 5};
  later.ctime = {61, 6};
  later.mode = 0600;
  later.links = 2;
  later.mount = 9;
  EXPECT_TRUE(same_object(some_file(), later));
}

TEST(SameObject, AnotherInodeDeviceOrTypeIsAnotherObject) {
  const std::vector<std::function<void(FileStatus&)>> changes{
      [](FileStatus& status) { ++status.inode; },
      [](FileStatus& status) { ++status.device; },
      [](FileStatus& status) { status.type = FileType::kSymlink; },
  };
  for (const auto& change : changes) {
    FileStatus other = some_file();
    change(other);
    EXPECT_FALSE(same_object(some_file(), other));
    EXPECT_FALSE(same_content_stamps(some_file(), other));
  }
}

TEST(SameContentStamps, ARenameThatMovesTheChangeTimeIsNoChangeOfContent) {
  FileStatus renamed = some_file();
  renamed.ctime = {61, 6};
  EXPECT_TRUE(same_content_stamps(some_file(), renamed));
}

TEST(SameContentStamps, AnotherSizeOrMtimeIsAChangeOfContent) {
  FileStatus longer = some_file();
  ++longer.size;
  EXPECT_FALSE(same_content_stamps(some_file(), longer));
  FileStatus touched = some_file();
  ++touched.mtime.nanoseconds;
  EXPECT_FALSE(same_content_stamps(some_file(), touched));
}

TEST(FileStatus, KnowsFilesAndDirectoriesOnly) {
  FileStatus status;
  EXPECT_TRUE(status.is_file());
  EXPECT_FALSE(status.is_directory());
  status.type = FileType::kDirectory;
  EXPECT_FALSE(status.is_file());
  EXPECT_TRUE(status.is_directory());
  status.type = FileType::kSymlink;
  EXPECT_FALSE(status.is_file() || status.is_directory());
}

}  // namespace
}  // namespace foldersync
