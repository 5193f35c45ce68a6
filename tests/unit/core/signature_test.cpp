#include "core/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/text.h"

namespace foldersync {
namespace {

using testing::HasSubstr;

std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16));
  }
  return bytes;
}

std::string pem(const std::string& what, const std::string& der) {
  return "-----BEGIN " + what + "-----\n" + to_base64(der) + "\n-----END " + what + "-----\n";
}

// The forms of RFC 8410 around the bytes of a key.
std::string private_pem(const std::string& hex) {
  return pem("PRIVATE KEY", from_hex("302e020100300506032b657004220420" + hex));
}
std::string public_pem(const std::string& hex) {
  return pem("PUBLIC KEY", from_hex("302a300506032b6570032100" + hex));
}

struct Vector {
  std::string secret;
  std::string open;
  std::string message;
  std::string signature;
};

// RFC 8032, section 7.1, tests 1 to 3; all in hexadecimal digits.
const std::vector<Vector>& vectors() {
  static const std::vector<Vector> all{
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf"
       "9"
       "b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
       "1"
       "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984"
       "d"
       "c6594a7c15e9716ed28dc027beceea1ec40a"}};
  return all;
}

SigningKey signing_key(const Vector& vector) {
  return SigningKey::from_pem(private_pem(vector.secret)).value();
}
VerifyingKey verifying_key(const Vector& vector) {
  return VerifyingKey::all_from_pem(public_pem(vector.open)).value().front();
}

std::string refusal(const std::string& text) {
  const auto key = SigningKey::from_pem(text);
  return key ? "taken" : key.error().detail;
}

TEST(Ed25519, SignsAsRfc8032Does) {
  for (const Vector& vector : vectors()) {
    EXPECT_EQ(signing_key(vector).sign(from_hex(vector.message)), from_hex(vector.signature));
  }
}

TEST(Ed25519, VerifiesWhatIsSignedAndNothingElse) {
  for (const Vector& vector : vectors()) {
    const VerifyingKey key = verifying_key(vector);
    const std::string message = from_hex(vector.message);
    const std::string signature = from_hex(vector.signature);
    EXPECT_TRUE(key.verifies(message, signature));
    EXPECT_FALSE(key.verifies(message + "x", signature));
    EXPECT_FALSE(key.verifies(message, signature.substr(1)));
    EXPECT_FALSE(key.verifies(message, ""));
    for (const std::size_t at : {0U, 31U, 32U, 63U}) {
      std::string other = signature;
      other[at] = static_cast<char>(other[at] ^ 1);
      EXPECT_FALSE(key.verifies(message, other)) << at;
    }
  }
  EXPECT_FALSE(verifying_key(vectors()[0]).verifies("\x72", from_hex(vectors()[1].signature)));
}

TEST(Ed25519, BothHalvesOfAKeyHaveOneId) {
  EXPECT_EQ(signing_key(vectors()[0]).id(), verifying_key(vectors()[0]).id());
  EXPECT_NE(signing_key(vectors()[0]).id(), signing_key(vectors()[1]).id());
  EXPECT_EQ(signing_key(vectors()[0]).id().size(), 64U);
}

TEST(Ed25519, AFileMayHoldSeveralPublicKeys) {
  const auto keys = VerifyingKey::all_from_pem("a comment\n" + public_pem(vectors()[0].open) +
                                               public_pem(vectors()[1].open));
  ASSERT_TRUE(keys.ok());
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[1].id(), verifying_key(vectors()[1]).id());
}

TEST(Ed25519, WhatIsNoPrivateKeyOfThisKindIsRefused) {
  EXPECT_THAT(refusal(""), HasSubstr("found something else"));
  EXPECT_THAT(refusal(public_pem(vectors()[0].open)), HasSubstr("found something else"));
  EXPECT_THAT(refusal(private_pem("9d61b19deffd5a60")), HasSubstr("found something else"));
  // X25519, which signs nothing.
  EXPECT_THAT(refusal(pem("PRIVATE KEY",
                          from_hex("302e020100300506032b656e04220420" + vectors()[0].secret))),
              HasSubstr("expected an Ed25519 key, found one of X25519"));
}

TEST(Ed25519, WhatIsNoPublicKeyOfThisKindIsRefused) {
  for (const std::string& text :
       {std::string(), private_pem(vectors()[0].secret), public_pem("d75a98"),
        public_pem(vectors()[0].open) + "-----BEGIN PUBLIC KEY-----\n",
        pem("PUBLIC KEY", from_hex("302a300506032b656e032100" + vectors()[0].open))}) {
    EXPECT_FALSE(VerifyingKey::all_from_pem(text).ok()) << text;
  }
}

}  // namespace
}  // namespace foldersync
