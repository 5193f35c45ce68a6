#include "fs/mount_table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace foldersync {
namespace {

constexpr std::string_view kTable =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "122 22 0:50 / /mnt/a\\040-\\040b rw master:3 propagate_from:2 - fuse.sshfs a@host:/b\\040c "
    "rw,user_id=0\n"
    "2 22 0:51 / /tmp rw - tmpfs  rw\n"
    "7 22 0:52 / /cut rw - fuse\n"
    "8 22 0:53 / /worse rw\n"
    "9 22 0:54 / /last rw - fuse.x y rw";

TEST(MountTable, TellsTypeAndSourceOfAMount) {
  EXPECT_EQ(mounted_as(kTable, 22), "ext4 /dev/vda");
  EXPECT_EQ(mounted_as(kTable, 122), "fuse.sshfs a@host:/b\\040c");
  EXPECT_EQ(mounted_as(kTable, 2), "tmpfs ");
  EXPECT_EQ(mounted_as(kTable, 9), "fuse.x y");
}

TEST(MountTable, TellsNothingOfOthersAndOfLinesThatEndTooEarly) {
  for (const std::uint64_t mount : {0U, 1U, 7U, 8U, 12U, 222U})
    EXPECT_EQ(mounted_as(kTable, mount), std::nullopt) << mount;
  EXPECT_EQ(mounted_as("", 1), std::nullopt);
}

}  // namespace
}  // namespace foldersync
