// A plan's signature: a DSSE envelope (github.com/secure-systems-lab/dsse) about its digest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/signature.h"
#include "plan/stored_plan.h"

namespace foldersync {

inline constexpr std::string_view kSignatureType = "application/vnd.foldersync.plan-digest+json";

// What DSSE signs in place of the payload: its "pre-authentication encoding", version 1.
std::string pre_authentication_encoding(std::string_view type, std::string_view payload);

// What a signature is about.
struct PlanIdentity {
  std::string plan_id;
  std::string digest;  // the document's, 64 hexadecimal digits
};
// An error: the plan can't be read.
Result<PlanIdentity> identity_of(const StoredPlan& plan);

// The envelope, one line with its end.
std::string sign_plan(const PlanIdentity& plan, const SigningKey& key);

// The id of the key that signed the plan, one of `keys`. Error kRefused, with a sentence: the
// envelope is none, is not signed by one of the keys, or is about another plan.
Result<std::string> verify_plan(const PlanIdentity& plan, std::string_view envelope,
                                const std::vector<VerifyingKey>& keys);

}  // namespace foldersync
