#include "apply/stage/staging_key.h"

#include "core/path.h"

namespace foldersync {
namespace {

constexpr std::string_view kProofPrefix = "proof-";

}  // namespace

std::array<std::string, 2> StagingKey::names() const {
  const std::string first(kStagingName);
  return {first, first + "-" + code("name", "").substr(0, kStagingDigits)};
}

std::string StagingKey::code(std::string_view kind, std::string_view message) const {
  std::string whole(kind);
  whole += '\n';  // no word has one
  whole += message;
  return to_string(hmac_sha256(secret, whole));
}

std::string to_string(const StagingKey& key) { return to_string(Sha256{key.secret}); }

std::optional<StagingKey> parse_staging_key(std::string_view text) {
  const auto secret = parse_sha256(text);
  return secret ? std::optional(StagingKey{secret->bytes}) : std::nullopt;
}

Result<std::string> proof_of(FileSystem& fs, const StagingPlace& place, int folder,
                             const StagingKey& key) {
  const auto incarnation = TRY(fs.incarnation(folder));
  std::string message = incarnation ? std::to_string(*incarnation) : "-";
  message += "\n" + std::to_string(place.identity.size()) + " " + place.identity + place.path;
  return std::string(kProofPrefix) + key.code("folder", message);
}

}  // namespace foldersync
