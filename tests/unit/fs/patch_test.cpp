#include "fs/patch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <vector>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

constexpr std::size_t kPiece = 4096;
constexpr std::size_t kBuffer = 4 * kPiece;

std::string filler(std::size_t size) {
  std::string bytes(size, 'x');
  for (std::size_t at = 0; at < size; ++at) bytes[at] = static_cast<char>('a' + at * at % 23);
  return bytes;
}

class PatchContent : public testing::Test {
 protected:
  // Makes the file `to`, which holds `old`, hold what `from` holds, `wanted`.
  Result<Patched> patch(const std::string& old, const std::string& wanted,
                        const std::atomic<bool>* stop = nullptr) {
    write_file(scratch_ / "from", wanted);
    write_file(scratch_ / "to", old);
    Fd opened(::open((scratch_ / "from").c_str(), O_RDONLY | O_CLOEXEC));
    const Fd to(::open((scratch_ / "to").c_str(), O_RDWR | O_CLOEXEC));
    const auto status = fs_.status(opened.get());
    LocalEntry from(fs_, std::move(opened));
    if (!status) return status.error();
    return patch_content(fs_, {&from, to.get(), &*status, nullptr, stop, &copied_}, first_,
                         second_);
  }

  void expect_patched(const std::string& old, const std::string& wanted, std::uint64_t written) {
    const auto patched = patch(old, wanted);
    ASSERT_TRUE(patched.ok());
    EXPECT_EQ(patched->size, wanted.size());
    EXPECT_EQ(patched->written, written);
    EXPECT_TRUE(bytes_of(scratch_ / "to") == wanted);
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  std::vector<std::byte> first_ = std::vector<std::byte>(kBuffer);
  std::vector<std::byte> second_ = std::vector<std::byte>(kBuffer);
  ByteCounter copied_{0};
};

TEST_F(PatchContent, OfEqualFilesNothingIsWrittenAndAllIsGoneThrough) {
  const std::string bytes = filler(3 * kBuffer + 5);
  expect_patched(bytes, bytes, 0);
  EXPECT_EQ(fs_.calls(Call::kWrite), 0U);
  EXPECT_EQ(copied_, bytes.size());
}

TEST_F(PatchContent, OnlyThePiecesThatDifferAreWritten) {
  const std::string old = filler(5 * kBuffer + 5);
  std::string wanted = old;
  wanted[0] = '!';
  wanted[2 * kPiece - 1] = '!';        // with the first, one write
  wanted[kBuffer + 3 * kPiece] = '!';  // the last of a buffer, and the first of the next one
  wanted[2 * kBuffer] = '!';
  wanted.back() = '!';
  expect_patched(old, wanted, 4 * kPiece + 5);
  EXPECT_EQ(fs_.calls(Call::kWrite), 4U);
}

TEST_F(PatchContent, AFileThatGrewOrShrankHasTheNewSize) {
  const std::string bytes = filler(4 * kBuffer);
  expect_patched(bytes.substr(0, kBuffer + 7), bytes, 4 * kBuffer - kBuffer);
  expect_patched(bytes, bytes.substr(0, kBuffer + 7), 0);
  expect_patched(bytes, "", 0);
  expect_patched("", "x", 1);
}

TEST_F(PatchContent, WhereMostOfTheBeginningDiffersTheRestIsNotCompared) {
  first_.resize(1 << 20);
  second_.resize(1 << 20);
  const std::string wanted = filler(12 << 20);
  const std::string old(wanted.size(), '-');
  expect_patched(old.substr(0, 8 << 20) + wanted.substr(8 << 20), wanted, wanted.size());
  EXPECT_EQ(fs_.calls(Call::kRead), 12U + 8U);
}

TEST_F(PatchContent, AnyCallThatFailsIsTheResult) {
  const std::string old = filler(2 * kBuffer);
  std::string wanted = old;
  wanted[kBuffer + 1] = '!';
  for (const Call call : {Call::kRead, Call::kWrite, Call::kSeek, Call::kSetSize}) {
    SCOPED_TRACE(to_string(call));
    fs_.intercept(fail_all(call, EIO));
    const auto patched = patch(old, wanted);
    ASSERT_FALSE(patched.ok());
    EXPECT_EQ(patched.error().error_number, EIO);
  }
}

TEST_F(PatchContent, ToldToStopItEnds) {
  const std::atomic<bool> stop{true};
  const auto patched = patch("a", "b", &stop);
  ASSERT_FALSE(patched.ok());
  EXPECT_EQ(patched.error().code, ErrorCode::kStopped);
}

}  // namespace
}  // namespace foldersync
