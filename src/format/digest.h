// The digest of a plan document: over what it says, not over how its JSON is laid out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.h"
#include "format/digest_bytes.h"
#include "plan/plan.h"

namespace foldersync {

// The words that every document of this format has.
inline constexpr std::string_view kFormat = "sync.plan";
inline constexpr std::string_view kToolName = "sync";
inline constexpr std::string_view kDigestAlgorithm = "sha256";

// The words of all phases, which it has too.
std::vector<std::string_view> phase_words();

// Takes the actions one by one and the header last, so that neither the order in which a document's
// keys stand nor its length matters. The byte form that is hashed stands in docs/plan-format.md.
class PlanDigest {
 public:
  // `later`: fields of the action that version 1.0 does not have.
  void add(const Action& action, std::uint64_t seq, const LaterFields& later = {});

  // The digest of the header and the actions added before. `minor` is that of the document's
  // version, `later` what the header has beyond version 1.0. Requires: called once.
  Sha256 finish(const PlanHeader& plan, std::uint32_t minor, const LaterFields& later);
  // The same of a document as this program writes it.
  Sha256 finish(const PlanHeader& plan);

 private:
  std::string buffer_;  // bytes that are not hashed yet
  std::uint64_t count_ = 0;
  LaterUses later_uses_;
  Sha256Hasher records_;
};

}  // namespace foldersync
