#include "core/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace foldersync {
namespace {

using testing::HasSubstr;
using testing::Property;

Md5 md5_of(std::string_view message) {
  Md5Hasher hasher;
  hasher.update(message);
  return hasher.finish();
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() % 256);
  return bytes;
}

TEST(Md5, GivesTheDigestsOfRfc1321) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "d41d8cd98f00b204e9800998ecf8427e"},
      {"a", "0cc175b9c0f1b6a831c399e269772661"},
      {"abc", "900150983cd24fb0d6963f7d28e17f72"},
      {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
      {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
      {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
       "57edf4a22be3c955ac49da2e2107b67a"},
  };
  for (const auto& [message, digest] : table) EXPECT_EQ(to_string(md5_of(message)), digest);
}

TEST(Sha256, GivesTheDigestsOfTheStandard) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
  };
  Sha256Hasher hasher;
  for (const auto& [message, digest] : table) {
    hasher.update(message);
    EXPECT_EQ(to_string(hasher.finish()), digest);
  }
}

TEST(Hasher, PropertyTheDigestDoesNotDependOnThePieces) {
  std::mt19937 random(1);
  Md5Hasher pieces;
  for (int round = 0; round < 300; ++round) {
    const std::string message = random_bytes(random, random() % 1'000);
    for (std::size_t at = 0; at < message.size();) {
      const std::string_view piece = std::string_view(message).substr(at, random() % 200);
      if (round % 2 == 0) {
        pieces.update(piece);
      } else {
        pieces.update(std::as_bytes(std::span(piece)));
      }
      at += piece.size();
    }
    ASSERT_EQ(pieces.finish(), md5_of(message));
  }
}

TEST(Hasher, IsReadyForTheNextMessageAfterFinish) {
  Md5Hasher hasher;
  hasher.update("one message");
  EXPECT_EQ(hasher.finish(), md5_of("one message"));
  EXPECT_EQ(hasher.finish(), md5_of(""));
  hasher.update("another");
  EXPECT_EQ(hasher.finish(), md5_of("another"));
}

TEST(Hasher, TakesNoBytesFromANullPointer) {
  Md5Hasher hasher;
  hasher.update(std::span<const std::byte>());
  hasher.update(std::string_view());
  EXPECT_EQ(hasher.finish(), md5_of(""));
}

TEST(Hasher, MovesWithTheMessageThatItHasBegun) {
  static_assert(!std::is_copy_constructible_v<Md5Hasher>);
  Md5Hasher first;
  first.update("mes");
  Md5Hasher second = std::move(first);
  second.update("sage");
  Md5Hasher third;
  third.update("thrown away");
  third = std::move(second);
  EXPECT_EQ(third.finish(), md5_of("message"));
}

TEST(Hasher, ThreadsHashSideBySide) {
  std::vector<Md5> digests(4);
  std::vector<std::thread> threads;
  for (std::size_t at = 0; at < digests.size(); ++at) {
    threads.emplace_back([&digests, at] {
      Md5Hasher hasher;
      for (int round = 0; round < 200; ++round) {
        hasher.update(std::string(100, static_cast<char>('a' + at)));
        digests[at] = hasher.finish();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t at = 0; at < digests.size(); ++at) {
    EXPECT_EQ(digests[at], md5_of(std::string(100, static_cast<char>('a' + at))));
  }
}

TEST(Md5Text, PropertyEveryDigestIsReadBack) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    Md5 digest;
    std::ranges::generate(digest.bytes, [&] { return static_cast<unsigned char>(random() % 256); });
    const std::string text = to_string(digest);
    ASSERT_EQ(text.size(), 32U);
    ASSERT_EQ(parse_md5(text), digest);
  }
}

TEST(Md5Text, WhatIsNeverPrintedIsNotRead) {
  const std::string text = "d41d8cd98f00b204e9800998ecf8427e";
  ASSERT_TRUE(parse_md5(text));
  for (const std::string& wrong :
       {std::string(), text.substr(1), text + "0", " " + text.substr(1), "0x" + text.substr(2),
        "D" + text.substr(1), "g" + text.substr(1), text.substr(1) + "g", text.substr(1) + "E",
        text.substr(1) + std::string(1, '\0')}) {
    EXPECT_EQ(parse_md5(wrong), std::nullopt) << wrong;
  }
}

// These start OpenSSL with another configuration, which it reads once per process: in a new one.
class OpenSslConfiguration : public testing::Test {
 protected:
  void SetUp() override {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    path_ = testing::TempDir() + "foldersync_openssl_" + std::to_string(getpid()) + ".cnf";
  }

  void use(std::string_view sections) {
    std::ofstream(path_) << "openssl_conf = start\n[start]\n" << sections;
    setenv("OPENSSL_CONF", path_.c_str(), 1);
  }

  void TearDown() override { std::remove(path_.c_str()); }

  std::string path_;
};

TEST_F(OpenSslConfiguration, WithoutAProviderOfMd5OnlyConstructionThrows) {
  const auto construct = [this] {
    use("providers = list\n[list]\nbase = active\n[active]\nactivate = 1\n");
    EXPECT_THAT([] { Md5Hasher(); }, testing::Throws<std::runtime_error>(
                                         Property(&std::runtime_error::what, HasSubstr("MD5"))));
    EXPECT_THROW(Md5Hasher(), std::runtime_error);
    std::_Exit(HasFailure() ? 1 : 0);
  };
  EXPECT_EXIT(construct(), testing::ExitedWithCode(0), "");
}

TEST_F(OpenSslConfiguration, WhereFipsIsOnlyPreferredMd5Works) {
  const auto hash = [this] {
    use("alg_section = properties\n[properties]\ndefault_properties = fips=yes\n");
    std::_Exit(to_string(md5_of("")) == "d41d8cd98f00b204e9800998ecf8427e" ? 0 : 1);
  };
  EXPECT_EXIT(hash(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace foldersync
