#include "core/md5_lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace foldersync {
namespace {

// Pieces of one random text, so that millions of them cost little.
class Messages {
 public:
  explicit Messages(std::uint64_t seed) : random_(seed), text_(std::size_t{1} << 20U) {
    for (std::byte& byte : text_) byte = static_cast<std::byte>(random_());
  }
  Bytes piece(std::size_t size) {
    return Bytes(text_).subspan(random_() % (text_.size() - size), size);
  }
  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  std::mt19937_64 random_;
  std::vector<std::byte> text_;
};

std::vector<Md5> hashed(const std::vector<Bytes>& messages, Md5Lanes lanes) {
  Md5Hasher hasher;
  std::vector<Md5> digests(messages.size());
  md5_of_each(messages, digests, hasher, lanes);
  return digests;
}

class Md5LanesTest : public testing::TestWithParam<Md5Lanes> {
 protected:
  void SetUp() override {
    if (GetParam() > widest_md5_lanes()) GTEST_SKIP() << "this processor has no such registers";
  }

  static void expect_as_openssl(const std::vector<Bytes>& messages) {
    EXPECT_EQ(hashed(messages, GetParam()), hashed(messages, Md5Lanes::kOne));
  }
};

TEST_P(Md5LanesTest, AgreeWithOpenSslAtEveryLength) {
  Messages random(1);
  std::vector<Bytes> messages;
  for (std::size_t size = 0; size < 600; ++size) messages.push_back(random.piece(size));
  expect_as_openssl(messages);
}

TEST_P(Md5LanesTest, AgreeWithOpenSslWhereLanesAreLeftOver) {
  Messages random(2);
  for (std::size_t count = 0; count < 40; ++count) {
    std::vector<Bytes> messages(count);
    for (Bytes& message : messages) message = random.piece(random.below(1000));
    expect_as_openssl(messages);
  }
}

TEST_P(Md5LanesTest, AgreeWithOpenSslOnTwoMillionMessages) {
  Messages random(3);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Bytes> messages(1000);
    for (Bytes& message : messages) message = random.piece(random.below(200));
    ASSERT_EQ(hashed(messages, GetParam()), hashed(messages, Md5Lanes::kOne)) << round;
  }
}

TEST_P(Md5LanesTest, AgreeWithOpenSslOnLongAndShortMessagesTogether) {
  Messages random(4);
  std::vector<Bytes> messages;
  for (int i = 0; i < 100; ++i)
    messages.push_back(random.piece(random.below(i % 7 == 0 ? 500'000 : 64)));
  expect_as_openssl(messages);
}

INSTANTIATE_TEST_SUITE_P(Widths, Md5LanesTest,
                         testing::Values(Md5Lanes::kEight, Md5Lanes::kSixteen));

}  // namespace
}  // namespace foldersync
