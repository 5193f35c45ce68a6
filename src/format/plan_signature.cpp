#include "format/plan_signature.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/text.h"
#include "format/digest.h"
#include "format/json_fields.h"
#include "format/json_text.h"

namespace foldersync {
namespace {

constexpr std::string_view kStatementFormat = "sync.plan-signature";
constexpr std::string_view kStatementVersion = "1.0";
constexpr std::size_t kMostSignatures = 100;

Error refused(std::string detail) { return refused_error("verify", std::move(detail)); }

// What is signed.
std::string statement_about(const PlanIdentity& plan) {
  std::string out = "{";
  append_text(out, "format", kStatementFormat);
  append_text(out, "format_version", kStatementVersion);
  append_text(out, "plan_id", plan.plan_id);
  append_key(out, "digest");
  out += '{';
  append_text(out, "alg", kDigestAlgorithm);
  append_text(out, "value", plan.digest);
  out += "}}";
  return out;
}

// DSSE has readers take both alphabets.
std::optional<std::string> from_either_base64(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return from_base64(text);
}

// The id of one of the keys by which one of the envelope's signatures is; nothing where none is.
std::optional<std::string> signer_of(const JsonFields& envelope, std::string_view message,
                                     const std::vector<VerifyingKey>& keys) {
  for (std::size_t i = 0; i < kMostSignatures; ++i) {
    const auto text = string_at(envelope, "/signatures/" + std::to_string(i) + "/sig");
    if (!text) return std::nullopt;
    const auto signature = from_either_base64(*text);
    if (!signature) continue;
    // What the envelope says of key ids is nobody's word.
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const VerifyingKey& other) {
      return other.verifies(message, *signature);
    });
    if (key != keys.end()) return key->id();
  }
  return std::nullopt;
}

// Whether what was signed is about this plan.
Status is_about(const JsonFields& statement, const PlanIdentity& plan) {
  if (string_at(statement, "/format") != kStatementFormat ||
      string_at(statement, "/format_version") != kStatementVersion) {
    return refused("what is signed is no statement about a plan of a version that is known");
  }
  const std::string other = string_at(statement, "/plan_id").value_or("");
  if (other != plan.plan_id) {
    return refused("the signature is about the plan '" + other + "', and this is '" + plan.plan_id +
                   "'");
  }
  if (string_at(statement, "/digest/alg") != kDigestAlgorithm ||
      string_at(statement, "/digest/value") != plan.digest) {
    return refused("the signature is about another version of this plan: it was edited since");
  }
  return success();
}

}  // namespace

std::string pre_authentication_encoding(std::string_view type, std::string_view payload) {
  std::string out = "DSSEv1 ";
  out += std::to_string(type.size());
  out.append(" ").append(type).append(" ");
  out += std::to_string(payload.size());
  out.append(" ").append(payload);
  return out;
}

Result<PlanIdentity> identity_of(const StoredPlan& plan) {
  if (!plan.digest.empty()) return PlanIdentity{plan.plan_id, plan.digest};
  PlanDigest digest;
  TRY(for_each_action(plan.actions,
                      [&](const Action& action, std::uint64_t seq) { digest.add(action, seq); }));
  return PlanIdentity{plan.plan_id, to_string(digest.finish(plan))};
}

std::string sign_plan(const PlanIdentity& plan, const SigningKey& key) {
  const std::string payload = statement_about(plan);
  std::string out = "{";
  append_text(out, "payloadType", kSignatureType);
  append_text(out, "payload", to_base64(payload));
  append_key(out, "signatures");
  out += "[{";
  append_text(out, "keyid", key.id());
  append_text(out, "sig",
              to_base64(key.sign(pre_authentication_encoding(kSignatureType, payload))));
  out += "}]}\n";
  return out;
}

Result<std::string> verify_plan(const PlanIdentity& plan, std::string_view envelope,
                                const std::vector<VerifyingKey>& keys) {
  const auto fields = json_fields(envelope);
  if (!fields) return refused("the signature is no DSSE envelope: " + fields.error().detail);
  const auto type = string_at(*fields, "/payloadType");
  const auto payload = string_at(*fields, "/payload");
  const auto bytes = payload ? from_either_base64(*payload) : std::nullopt;
  if (!type || !bytes) return refused("the signature is no DSSE envelope");
  const auto signer = signer_of(*fields, pre_authentication_encoding(*type, *bytes), keys);
  if (!signer) return refused("the plan is not signed by the key of --verify, or was changed");
  // Only now is it worth reading.
  if (*type != kSignatureType) return refused("what is signed is not about a plan");
  const auto statement = json_fields(*bytes);
  if (!statement) return refused("what is signed is not about a plan");
  TRY(is_about(*statement, plan));
  return *signer;
}

}  // namespace foldersync
