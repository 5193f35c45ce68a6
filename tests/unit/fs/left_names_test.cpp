#include "fs/left_names.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "fs/posix_file_system.h"
#include "support/disk_tree.h"

namespace foldersync {
namespace {

TEST(LeftNames, AreThoseOfLibfuseAndNfs) {
  EXPECT_TRUE(is_left_name(".fuse_hidden0000000900000001"));
  EXPECT_TRUE(is_left_name(".nfs00000000000a3c7b00000001"));
  EXPECT_TRUE(is_left_name(".nfs000000000a3c7b01"));
  for (const char* const name :
       {".fuse_hidden", ".fuse_hidden000000090000000", ".fuse_hidden00000009000000011",
        ".fuse_hidden000000090000000x", "fuse_hidden0000000900000001", ".nfs", ".nfs0",
        ".nfsmount.conf", ".nfs00000000000a3c7b00000001.txt"}) {
    EXPECT_FALSE(is_left_name(name)) << name;
  }
}

class OnceEmpty : public testing::Test {
 protected:
  OnceEmpty() { plant({{".", directory()}, {"d", directory()}}, root_); }

  // The first call fails, the second one has what it needs.
  Status remove(const std::string& vanishes) {
    const auto above = fs_.open_root(root_.c_str());
    return remove_once_empty(fs_, {above->get(), "d"}, [&] {
      ::unlink((root_ + "/d/" + vanishes).c_str());
      ++calls_;
      return fs_.remove_directory(above->get(), "d");
    });
  }

  ScratchFolder scratch_;
  std::string root_ = scratch_ / "root";
  FileSystem& fs_ = posix_file_system();
  int calls_ = 0;
};

TEST_F(OnceEmpty, WhatIsLeftOfOpenFilesIsWaitedFor) {
  const std::string left = ".fuse_hidden0000000900000001";
  plant_object(file("open"), root_, "d/" + left);
  EXPECT_TRUE(remove(left));
}

TEST_F(OnceEmpty, AnythingElseIsNotWaitedFor) {
  plant_object(file("left"), root_, "d/.fuse_hidden0000000900000001");
  plant_object(file("of others"), root_, "d/x");
  const Status removed = remove("x");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().error_number, ENOTEMPTY);
  EXPECT_EQ(calls_, 0);
}

}  // namespace
}  // namespace foldersync
