#include "core/hash.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <stdexcept>

#include "core/text.h"

namespace foldersync {
namespace {

template <class Digest>
struct Algorithm;

template <>
struct Algorithm<Md5> {
  static constexpr const char* kName = "MD5";
  // Nothing here is about security: where FIPS is only a preference, other providers may serve.
  static constexpr const char* kProperties = "-fips";
};

template <>
struct Algorithm<Sha256> {
  static constexpr const char* kName = "SHA256";
  static constexpr const char* kProperties = nullptr;
};

// Null where OpenSSL does not offer the algorithm. Never freed: other threads may still be hashing
// while the process ends.
template <class Digest>
const EVP_MD* fetched() {
  static const EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, Algorithm<Digest>::kName, Algorithm<Digest>::kProperties);
  return algorithm;
}

// A digest that went wrong unnoticed would make different files look equal.
void require(int succeeded) {
  if (succeeded != 1) std::abort();
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

template <class Digest>
std::optional<Digest> from_hex(std::string_view text) {
  Digest digest;
  if (text.size() != 2 * digest.bytes.size()) return std::nullopt;
  for (std::size_t at = 0; at < digest.bytes.size(); ++at) {
    const std::size_t high = kHexDigits.find(text[2 * at]);
    const std::size_t low = kHexDigits.find(text[2 * at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    digest.bytes[at] = static_cast<unsigned char>(high * 16 + low);
  }
  return digest;
}

}  // namespace

template <class Digest>
struct Hasher<Digest>::Context {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> openssl{EVP_MD_CTX_new()};
};

template <class Digest>
Hasher<Digest>::Hasher() : context_(std::make_unique<Context>()) {
  const EVP_MD* const algorithm = fetched<Digest>();
  if (algorithm == nullptr || context_->openssl == nullptr ||
      EVP_DigestInit_ex2(context_->openssl.get(), algorithm, nullptr) != 1) {
    ERR_clear_error();
    throw std::runtime_error(std::string("OpenSSL does not offer ") + Algorithm<Digest>::kName +
                             " (is only its FIPS provider active?)");
  }
}

template <class Digest>
Hasher<Digest>::~Hasher() = default;

template <class Digest>
Hasher<Digest>::Hasher(Hasher&&) noexcept = default;

template <class Digest>
Hasher<Digest>& Hasher<Digest>::operator=(Hasher&&) noexcept = default;

template <class Digest>
void Hasher<Digest>::update(std::span<const std::byte> data) {
  require(EVP_DigestUpdate(context_->openssl.get(), data.data(), data.size()));
}

template <class Digest>
void Hasher<Digest>::update(std::string_view data) {
  update(std::as_bytes(std::span(data)));
}

template <class Digest>
Digest Hasher<Digest>::finish() {
  Digest digest;
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(context_->openssl.get(), digest.bytes.data(), &size));
  require(size == digest.bytes.size() ? 1 : 0);
  require(EVP_DigestInit_ex2(context_->openssl.get(), fetched<Digest>(), nullptr));
  return digest;
}

template class Hasher<Md5>;
template class Hasher<Sha256>;

void load_hashing() {
  (void)fetched<Md5>();
  (void)fetched<Sha256>();
}

std::string to_string(const Md5& digest) { return to_hex(digest.bytes); }
std::string to_string(const Sha256& digest) { return to_hex(digest.bytes); }

Sha256 hmac_sha256(std::span<const unsigned char> key, std::string_view message) {
  const EVP_MD* const algorithm = fetched<Sha256>();
  if (algorithm == nullptr) throw std::runtime_error("OpenSSL does not offer SHA256");
  Sha256 code;
  unsigned int size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
  const unsigned char* const made = HMAC(algorithm, key.data(), static_cast<int>(key.size()), bytes,
                                         message.size(), code.bytes.data(), &size);
  require(made != nullptr && size == code.bytes.size() ? 1 : 0);
  return code;
}

std::optional<Md5> parse_md5(std::string_view text) { return from_hex<Md5>(text); }
std::optional<Sha256> parse_sha256(std::string_view text) { return from_hex<Sha256>(text); }

}  // namespace foldersync
