#include "fs/copy.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

constexpr std::size_t kBuffer = 4096;
constexpr std::size_t kKernel = 300 * 1024;  // large enough for the kernel to be asked

std::string pattern(std::size_t size) {
  std::string bytes(size, 'x');
  for (std::size_t at = 0; at < size; ++at) bytes[at] = static_cast<char>('a' + at % 23);
  return bytes;
}

Md5 md5_of(const std::string& bytes) {
  Md5Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

class CopyContent : public testing::Test {
 protected:
  CopyContent() : buffer_(kBuffer) {}

  // Copies `from` to `to`, both in the scratch folder.
  Result<std::uint64_t> copy(Md5Hasher* hasher = nullptr, const std::atomic<bool>* stop = nullptr) {
    Fd opened(::open((scratch_ / "from").c_str(), O_RDONLY | O_CLOEXEC));
    const Fd to(::open((scratch_ / "to").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const auto status = fs_.status(opened.get());
    LocalEntry from(fs_, std::move(opened));
    if (!status) return status.error();
    return copy_content(fs_, {&from, to.get(), &*status, hasher, stop, &copied_}, buffer_);
  }

  void expect_copied(const std::string& content) {
    write_file(scratch_ / "from", content);
    const auto count = copy();
    ASSERT_TRUE(count.ok());
    EXPECT_EQ(*count, content.size());
    EXPECT_EQ(bytes_of(scratch_ / "to"), content);
  }

  [[nodiscard]] std::uint64_t blocks(const std::string& name) const {
    struct stat status {};
    return ::stat((scratch_ / name).c_str(), &status) == 0
               ? static_cast<std::uint64_t>(status.st_blocks)
               : 0;
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  std::vector<std::byte> buffer_;
  ByteCounter copied_{0};
};

TEST_F(CopyContent, FilesOfEverySizeAroundTheBufferArriveWhole) {
  for (const std::size_t size : {0UL, 1UL, kBuffer - 1, kBuffer, kBuffer + 1, 2 * kBuffer,
                                 256 * 1024UL, 256 * 1024UL + 1, kKernel}) {
    SCOPED_TRACE(size);
    expect_copied(pattern(size));
  }
}

// 4 TiB of zeros take hours to hash.
TEST_F(CopyContent, ASignalIsHeededInAHole) {
  write_file(scratch_ / "from", "");
  if (::truncate((scratch_ / "from").c_str(), off_t{1} << 42U) != 0) GTEST_SKIP() << "too large";
  std::atomic<bool> stop{false};
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kSeek) stop = true;
    return 0;
  });
  Md5Hasher hasher;
  const auto copied = copy(&hasher, &stop);
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().code, ErrorCode::kStopped);
}

TEST_F(CopyContent, TheKernelCopiesLargeFilesAndTheBufferWhatItRefuses) {
  expect_copied(pattern(kKernel));
  EXPECT_GT(fs_.calls(Call::kCopyRange), 0U);
  for (const int refusal : {EXDEV, EINVAL, EOPNOTSUPP, ENOSYS, EPERM, ETXTBSY}) {
    fs_.intercept(fail_all(Call::kCopyRange, refusal));
    expect_copied(pattern(kKernel));
  }
}

TEST_F(CopyContent, AnErrorOfTheKernelsCopyIsNotTakenForARefusal) {
  fs_.intercept(fail_all(Call::kCopyRange, EIO));
  write_file(scratch_ / "from", pattern(kKernel));
  const auto count = copy();
  ASSERT_FALSE(count.ok());
  EXPECT_EQ(count.error().error_number, EIO);
}

TEST_F(CopyContent, EveryCallThatFailsIsAnError) {
  write_file(scratch_ / "from", std::string(64 * 1024, '\0') + pattern(2 * kBuffer));
  for (const Call call : {Call::kRead, Call::kWrite, Call::kSeek, Call::kSetSize}) {
    for (std::uint64_t nth = 1; nth <= 3; ++nth) {
      FaultyFileSystem failing;
      failing.intercept(fail_nth(call, nth, ENOSPC));
      Fd opened(::open((scratch_ / "from").c_str(), O_RDONLY | O_CLOEXEC));
      const Fd to(::open((scratch_ / "to").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      const auto status = failing.status(opened.get());
      LocalEntry from(failing, std::move(opened));
      ASSERT_TRUE(status.ok());
      const auto count = copy_content(failing, {&from, to.get(), &*status}, buffer_);
      EXPECT_EQ(count.ok(), failing.first_failure().empty()) << to_string(call) << " #" << nth;
    }
  }
}

TEST_F(CopyContent, HolesStayHoles) {
  const std::string hole(1024 * 1024, '\0');
  expect_copied(hole + pattern(kBuffer) + hole);
  EXPECT_LE(blocks("to"), 128U);
  expect_copied(hole);
  EXPECT_EQ(blocks("to"), 0U);
  expect_copied(pattern(kBuffer) + hole);
  EXPECT_LE(blocks("to"), 64U);
}

TEST_F(CopyContent, AFileSystemThatCannotTellHolesGetsTheZerosRead) {
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kSeek && info.whence == Seek::kData ? EINVAL : 0;
  });
  expect_copied(std::string(1024 * 1024, '\0') + pattern(kBuffer));
}

TEST_F(CopyContent, TheHashIsThatOfTheContentHolesIncluded) {
  for (const std::string& content :
       {std::string(), pattern(kKernel), std::string(700'001, '\0'),
        std::string(300'000, '\0') + pattern(5000) + std::string(300'000, '\0')}) {
    write_file(scratch_ / "from", content);
    Md5Hasher hasher;
    ASSERT_TRUE(copy(&hasher).ok());
    EXPECT_EQ(hasher.finish(), md5_of(content)) << content.size();
    EXPECT_EQ(bytes_of(scratch_ / "to"), content);
  }
}

TEST_F(CopyContent, AFileThatShrinksGivesWhatThereIs) {
  for (const bool by_kernel : {true, false}) {
    write_file(scratch_ / "from", pattern(kKernel));
    FaultyFileSystem shrinking;
    if (!by_kernel) shrinking.intercept(fail_all(Call::kCopyRange, EXDEV));
    shrinking.intercept(
        act_before([](const CallInfo& info) { return info.call != Call::kStatus; },
                   [&] { ASSERT_EQ(::truncate((scratch_ / "from").c_str(), 1000), 0); }));
    Fd opened(::open((scratch_ / "from").c_str(), O_RDONLY | O_CLOEXEC));
    const Fd to(::open((scratch_ / "to").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const auto status = shrinking.status(opened.get());
    LocalEntry from(shrinking, std::move(opened));
    ASSERT_TRUE(status.ok());
    const auto count = copy_content(shrinking, {&from, to.get(), &*status}, buffer_);
    ASSERT_TRUE(count.ok());
    EXPECT_EQ(*count, 1000U);
    EXPECT_EQ(bytes_of(scratch_ / "to"), pattern(1000));
  }
}

TEST_F(CopyContent, AFileThatGrowsIsCopiedAsFarAsItWasSeen) {
  write_file(scratch_ / "from", pattern(5000));
  fs_.intercept(act_before([](const CallInfo& info) { return info.call == Call::kRead; },
                           [&] { std::ofstream(scratch_ / "from", std::ios::app) << "more"; }));
  const auto count = copy();
  ASSERT_TRUE(count.ok());
  EXPECT_EQ(*count, 5000U);
  EXPECT_EQ(bytes_of(scratch_ / "to"), pattern(5000));
}

TEST_F(CopyContent, ToldToStopItStops) {
  write_file(scratch_ / "from", pattern(kKernel));
  const std::atomic<bool> stop{true};
  const auto count = copy(nullptr, &stop);
  ASSERT_FALSE(count.ok());
  EXPECT_EQ(count.error().code, ErrorCode::kStopped);
}

TEST_F(CopyContent, TheCounterHasSeenEveryByteOfData) {
  expect_copied(pattern(kKernel));
  EXPECT_EQ(copied_.load(), kKernel);
}

}  // namespace
}  // namespace foldersync
