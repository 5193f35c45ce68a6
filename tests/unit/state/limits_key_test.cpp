#include "state/limits_key.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>

#include "support/unable_file_system.h"

namespace foldersync {
namespace {

class Mounted final : public test::UnableFileSystem {
 public:
  Result<std::string> mounted_as(int fd) override {
    if (fd != 7) return system_error("mountinfo", ENOENT);
    return what_;
  }

  std::string what_ = "fuse.sshfs host:folder";
};

TEST(LimitsKey, AUuidIsEnough) {
  Mounted fs;
  EXPECT_EQ(limits_key(fs, -1, "uuid:00ff"), "uuid:00ff");
}

TEST(LimitsKey, ANumberThatAnotherMayGetIsNot) {
  Mounted fs;
  const auto device = limits_key(fs, 7, "dev:0:50");
  const auto id = limits_key(fs, 7, "fsid:32000000");
  ASSERT_TRUE(device && id);
  EXPECT_NE(*device, *id);
  EXPECT_EQ(limits_key(fs, 7, "dev:0:50"), device);
  fs.what_ = "fuse.sshfs host:other";
  EXPECT_NE(limits_key(fs, 7, "dev:0:50"), device);
  fs.what_ = "fuse.bindfs host:folder";
  EXPECT_NE(limits_key(fs, 7, "dev:0:50"), device);
}

TEST(LimitsKey, NothingIsKeptOfWhatIsNotInTheTableOfMounts) {
  Mounted fs;
  EXPECT_EQ(limits_key(fs, 8, "dev:0:50"), std::nullopt);
  EXPECT_EQ(limits_key(fs, 8, "fsid:32000000"), std::nullopt);
}

}  // namespace
}  // namespace foldersync
