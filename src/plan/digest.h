// The digest of a plan document: over what it says, not over how its JSON is laid out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/hash.h"
#include "plan/document.h"

namespace foldersync {

// The words that every document of this format has.
inline constexpr std::string_view kFormat = "sync.plan";
inline constexpr std::string_view kFormatVersion = "1.0";
inline constexpr std::string_view kToolName = "sync";
inline constexpr std::string_view kDigestAlgorithm = "sha256";

// Takes the actions one by one and the header last, so that neither the order in which a document's
// keys stand nor its length matters. The byte form that is hashed stands in docs/plan-format.md.
class PlanDigest {
 public:
  void add(const Action& action, std::uint64_t seq);

  // The digest of the header and the actions added before. Requires: called once.
  Sha256 finish(const PlanHeader& plan);

 private:
  std::string buffer_;  // bytes that are not hashed yet
  std::uint64_t count_ = 0;
  Sha256Hasher records_;
};

// A device number as the document has it: "8:1", major and minor in decimal.
std::string device_text(std::uint64_t device);

}  // namespace foldersync
