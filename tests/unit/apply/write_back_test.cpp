#include "apply/stage/write_back.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <future>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

constexpr std::uint64_t kEnough = std::uint64_t{64} << 20U;

class EarlyWriting : public testing::Test {
 protected:
  // Writes early once, with this answer, and waits until that is done.
  Status write_once(int error_number) {
    std::promise<void> asked;
    fs_.intercept([&](const CallInfo& call) {
      if (call.call != Call::kSyncAll) return 0;
      asked.set_value();
      return error_number;
    });
    const auto folder = fs_.open_root(scratch_.path().c_str());
    WriteBack write_back(fs_, folder->get());
    write_back.staged(kEnough);
    asked.get_future().wait();
    return write_back.end();
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
};

TEST_F(EarlyWriting, BeginsWhenEnoughIsStaged) {
  fs_.skip_syncs();
  EXPECT_TRUE(write_once(0));
  EXPECT_EQ(fs_.calls(Call::kSyncAll), 1U);
}

TEST_F(EarlyWriting, IsNotWorthItForLittle) {
  const auto folder = fs_.open_root(scratch_.path().c_str());
  WriteBack write_back(fs_, folder->get());
  write_back.staged(kEnough / 2);
  EXPECT_TRUE(write_back.end());
  EXPECT_EQ(fs_.calls(Call::kSyncAll), 0U);
}

TEST_F(EarlyWriting, TellsItsErrorToTheBarrier) {
  const Status written = write_once(EIO);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().error_number, EIO);
}

}  // namespace
}  // namespace foldersync
