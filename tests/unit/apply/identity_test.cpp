#include "apply/steps/identity.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

namespace foldersync {
namespace {

FileStatus some_file() {
  FileStatus status;
  status.mode = 0644;
  status.uid = 1;
  status.gid = 2;
  status.size = 3;
  status.mtime = {4, 5};
  status.incarnation = 67;
  status.inode = 8;
  status.device = 9;
  return status;
}

using Change = std::pair<const char*, std::function<void(FileStatus&)>>;

const std::vector<Change> kOthers{
    {"device", [](FileStatus& other) { ++other.device; }},
    {"inode", [](FileStatus& other) { ++other.inode; }},
    {"type", [](FileStatus& other) { other.type = FileType::kFifo; }},
    {"size", [](FileStatus& other) { ++other.size; }},
    {"mtime", [](FileStatus& other) { ++other.mtime.nanoseconds; }},
    {"uid", [](FileStatus& other) { ++other.uid; }},
    {"gid", [](FileStatus& other) { ++other.gid; }},
    {"mode", [](FileStatus& other) { other.mode = 0600; }},
    {"set-id", [](FileStatus& other) { other.mode |= 04000; }},
    {"more names", [](FileStatus& other) { ++other.links; }},
    {"incarnation", [](FileStatus& other) { ++other.incarnation; }},
    {"no incarnation", [](FileStatus& other) { other.incarnation = 0; }},
};

TEST(IsUntouched, CountsEachField) {
  EXPECT_TRUE(is_untouched(some_file(), some_file()));
  for (const auto& [field, change] : kOthers) {
    FileStatus other = some_file();
    change(other);
    EXPECT_FALSE(is_untouched(other, some_file())) << field;
  }
  FileStatus renamed = some_file();
  ++renamed.ctime.seconds;
  EXPECT_FALSE(is_untouched(renamed, some_file()));
  EXPECT_TRUE(is_untouched(renamed, some_file(), true));
}

TEST(IsAsLeft, CountsEachFieldButTheChangeTime) {
  const InPlaceRecord record{some_file(), some_file(), 0};
  FileStatus renamed = some_file();
  ++renamed.ctime.seconds;
  EXPECT_TRUE(is_as_left(renamed, record));
  for (const auto& [field, change] : kOthers) {
    FileStatus other = some_file();
    change(other);
    EXPECT_FALSE(is_as_left(other, record)) << field;
  }
}

TEST(IsAsLeft, AcceptsWhatAStepOfOurOwnHasGivenAndNothingElse) {
  InPlaceRecord record{some_file(), some_file(), 1};
  record.wanted.mode = 0600;
  record.wanted.uid = 11;
  record.wanted.gid = 12;
  record.wanted.mtime = {14, 15};
  FileStatus now = some_file();
  now.uid = 11;
  EXPECT_FALSE(is_as_left(now, record)) << "owner and group come together";
  now.gid = 12;
  EXPECT_TRUE(is_as_left(now, record));
  now.mode = 0600;
  EXPECT_TRUE(is_as_left(now, record));
  now.mtime = {14, 15};
  EXPECT_TRUE(is_as_left(now, record));
  now.links = 2;
  EXPECT_TRUE(is_as_left(now, record)) << "the window gave it a name";
  now.links = 3;
  EXPECT_FALSE(is_as_left(now, record));
}

TEST(IsAsLeft, ADirectoryMayHaveBeenOpenedUpAndFilled) {
  InPlaceRecord record{some_file(), some_file(), 0};
  record.old.type = record.wanted.type = FileType::kDirectory;
  record.old.mode = record.wanted.mode = 0055;
  FileStatus now = record.old;
  now.mode = 0755;
  now.size = 100;
  now.links = 7;
  ++now.mtime.seconds;
  EXPECT_TRUE(is_as_left(now, record));
  now.mode = 0757;
  EXPECT_FALSE(is_as_left(now, record));
  now.mode = 02755;
  EXPECT_FALSE(is_as_left(now, record));
  record.wanted.mode = 02055;
  EXPECT_TRUE(is_as_left(now, record));
}

}  // namespace
}  // namespace foldersync
