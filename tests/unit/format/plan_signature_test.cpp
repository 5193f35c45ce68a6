#include "format/plan_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/text.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

using test::small_plan;
using testing::HasSubstr;
using testing::Not;

std::string pem(const std::string& what, const std::string& der_base64) {
  return "-----BEGIN " + what + "-----\n" + der_base64 + "\n-----END " + what + "-----\n";
}

// The keys of RFC 8032, section 7.1, tests 1 and 2.
SigningKey signing_key() {
  return SigningKey::from_pem(
             pem("PRIVATE KEY", "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"))
      .value();
}
std::vector<VerifyingKey> its_public_key() {
  return VerifyingKey::all_from_pem(
             pem("PUBLIC KEY", "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="))
      .value();
}
std::vector<VerifyingKey> another_public_key() {
  return VerifyingKey::all_from_pem(
             pem("PUBLIC KEY", "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="))
      .value();
}

PlanIdentity identity(const Plan& plan) { return *identity_of(*stored(plan)); }

// The id of the signer, or why there is none.
std::string verdict(const Plan& plan, const std::string& envelope) {
  const auto signer = verify_plan(identity(plan), envelope, its_public_key());
  EXPECT_TRUE(signer || signer.error().code == ErrorCode::kRefused);
  return signer ? *signer : signer.error().detail;
}

std::string envelope_of(const std::string& type, const std::string& payload) {
  return R"({"payloadType":")" + type + R"(","payload":")" + to_base64(payload) +
         R"(","signatures":[{"sig":")" +
         to_base64(signing_key().sign(pre_authentication_encoding(type, payload))) + R"("}]})";
}

// `text` with the first `old` replaced.
std::string with(std::string text, const std::string& old, const std::string& other) {
  const std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return at == std::string::npos ? text : text.replace(at, old.size(), other);
}

TEST(PlanSignature, TheEncodingIsThatOfTheDsseSpecification) {
  EXPECT_EQ(pre_authentication_encoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(pre_authentication_encoding("", ""), "DSSEv1 0  0 ");
}

TEST(PlanSignature, WhatIsSignedVerifies) {
  const Plan plan = small_plan();
  const std::string envelope = sign_plan(identity(plan), signing_key());
  EXPECT_EQ(verdict(plan, envelope), signing_key().id());
  EXPECT_THAT(envelope, HasSubstr(R"("keyid":")" + signing_key().id()));
  EXPECT_EQ(verdict(plan, with(envelope, "{", " { \"more\" : [ 1 , {} ] , ")), signing_key().id())
      << "fields that nobody knows do not matter";
}

TEST(PlanSignature, AnyChangeOfThePlanIsNoticed) {
  const std::string envelope = sign_plan(identity(small_plan()), signing_key());
  Plan plan = small_plan();
  plan.actions.front().path = RelPath("elsewhere");
  EXPECT_THAT(verdict(plan, envelope), HasSubstr("it was edited since"));
  plan = small_plan();
  plan.options.checksum = !plan.options.checksum;
  EXPECT_THAT(verdict(plan, envelope), HasSubstr("it was edited since"));
  plan = small_plan();
  plan.plan_id.back() = plan.plan_id.back() == '0' ? '1' : '0';
  EXPECT_THAT(verdict(plan, envelope), HasSubstr("is about the plan"));
}

TEST(PlanSignature, OfAnotherKeyCountsForNothingWhateverKeyItNames) {
  const std::string envelope = sign_plan(identity(small_plan()), signing_key());
  const auto keys = another_public_key();
  EXPECT_FALSE(verify_plan(identity(small_plan()), envelope, keys).ok());
  EXPECT_FALSE(verify_plan(identity(small_plan()),
                           with(envelope, signing_key().id(), keys.front().id()), keys)
                   .ok());
}

TEST(PlanSignature, OneOfSeveralSignaturesAndOneOfSeveralKeysIsEnough) {
  const Plan plan = small_plan();
  const std::string two = with(
      sign_plan(identity(plan), signing_key()), "[{",
      R"([{"sig":"no base64"},{"keyid":"x","sig":")" + to_base64(std::string(64, 'x')) + R"("},{)");
  EXPECT_EQ(verdict(plan, two), signing_key().id());
  auto keys = another_public_key();
  keys.push_back(its_public_key().front());
  EXPECT_TRUE(verify_plan(identity(plan), sign_plan(identity(plan), signing_key()), keys).ok());
}

TEST(PlanSignature, WhatIsSignedMustBeAStatementAboutAPlan) {
  const Plan plan = small_plan();
  const std::string type(kSignatureType);
  const auto statement = from_base64([&] {
    const std::string envelope = sign_plan(identity(plan), signing_key());
    const std::size_t from = envelope.find("\"payload\":\"") + 11;
    return envelope.substr(from, envelope.find('"', from) - from);
  }());
  ASSERT_TRUE(statement.has_value());
  EXPECT_EQ(verdict(plan, envelope_of(type, *statement)), signing_key().id());
  for (const std::string& wrong :
       {envelope_of("text/plain", *statement), envelope_of(type, ""), envelope_of(type, "{}"),
        envelope_of(type, with(*statement, "\"1.0\"", "\"1.1\"")),
        envelope_of(type, with(*statement, "\"1.0\"", "1.0")),
        envelope_of(type, with(*statement, "sha256", "sha1")),
        envelope_of(type, with(*statement, "sync.plan-signature", "sync.plan"))}) {
    EXPECT_NE(verdict(plan, wrong), signing_key().id()) << wrong;
  }
}

TEST(PlanSignature, AnEnvelopeThatWasChangedIsWorthNothing) {
  const Plan plan = small_plan();
  const std::string envelope = sign_plan(identity(plan), signing_key());
  for (std::size_t at = 0; at < envelope.size(); ++at) {
    std::string other = envelope;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    const bool is_key_id = at > envelope.find("keyid") - 1 && at < envelope.find("\"sig\"") - 1;
    if (is_key_id) continue;
    EXPECT_FALSE(verify_plan(identity(plan), other, its_public_key()).ok()) << at << other;
  }
  for (const std::string& wrong :
       {std::string(), std::string("{}"), std::string("null"), envelope.substr(0, 50),
        envelope + "{}", with(envelope, "\"signatures\":", "\"signature\":")}) {
    EXPECT_FALSE(verify_plan(identity(plan), wrong, its_public_key()).ok()) << wrong;
  }
}

}  // namespace
}  // namespace foldersync
