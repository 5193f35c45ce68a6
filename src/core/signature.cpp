#include "core/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "core/hash.h"

namespace foldersync {

struct Ed25519Key {
  explicit Ed25519Key(EVP_PKEY* taken) : openssl(taken) {}
  ~Ed25519Key() { EVP_PKEY_free(openssl); }
  Ed25519Key(const Ed25519Key&) = delete;
  Ed25519Key& operator=(const Ed25519Key&) = delete;

  EVP_PKEY* openssl;
};

namespace {

constexpr std::size_t kSignatureBytes = 64;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Error refused(std::string detail) {
  ERR_clear_error();
  return refused_error("read key", std::move(detail));
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Bio reader_of(std::string_view pem) {
  // More is no key.
  constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
  if (pem.size() > kMostBytes) return nullptr;
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// In place of a question on the terminal: notes that there is a password, and has none.
int note_password(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

Result<std::shared_ptr<const Ed25519Key>> taken(EVP_PKEY* key) {
  auto owned = std::make_shared<const Ed25519Key>(key);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return owned;
  const char* name = EVP_PKEY_get0_type_name(key);
  return refused(std::string("expected an Ed25519 key, found one of ") +
                 (name != nullptr ? name : "another algorithm") +
                 " (openssl genpkey -algorithm ed25519 makes one)");
}

std::string id_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) throw std::runtime_error("OpenSSL can't encode a public key");
  Sha256Hasher hasher;
  hasher.update(std::string_view(reinterpret_cast<const char*>(der), static_cast<unsigned>(size)));
  OPENSSL_free(der);
  return to_string(hasher.finish());
}

}  // namespace

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  const Bio bio = reader_of(pem);
  bool was_asked = false;
  EVP_PKEY* const read =
      bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, note_password, &was_asked) : nullptr;
  if (read == nullptr && was_asked) {
    return refused(
        "the private key is protected by a password, and none is asked for: give one without (from "
        "a pipe, say: --sign <(openssl pkey -in KEY))");
  }
  if (read == nullptr) return refused("expected a private key in PEM form, found something else");
  auto owned = TRY(taken(read));
  SigningKey key;
  key.key_ = std::move(owned);
  key.id_ = id_of(read);
  return key;
}

std::string SigningKey::sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new());
  std::array<unsigned char, kSignatureBytes> signature{};
  std::size_t size = signature.size();
  const bool signed_it =
      context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->openssl) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(message), message.size()) ==
          1 &&
      size == kSignatureBytes;
  if (!signed_it) {
    ERR_clear_error();
    throw std::runtime_error(
        "OpenSSL does not sign by Ed25519 (is only its FIPS provider active?)");
  }
  return {reinterpret_cast<const char*>(signature.data()), size};
}

Result<std::vector<VerifyingKey>> VerifyingKey::all_from_pem(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
  std::vector<VerifyingKey> keys;
  for (std::size_t at = pem.find(kBegin); at != std::string_view::npos;
       at = pem.find(kBegin, at + kBegin.size())) {
    const Bio bio = reader_of(pem.substr(at));
    EVP_PKEY* const read =
        bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr;
    if (read == nullptr) return refused("a public key in it can't be read");
    auto owned = TRY(taken(read));
    VerifyingKey key;
    key.key_ = std::move(owned);
    key.id_ = id_of(read);
    keys.push_back(std::move(key));
  }
  if (keys.empty()) {
    return refused(
        "expected a public key in PEM form, found none (openssl pkey -in KEY -pubout makes it)");
  }
  return keys;
}

bool VerifyingKey::verifies(std::string_view message, std::string_view signature) const {
  const Context context(EVP_MD_CTX_new());
  const bool valid =
      context && signature.size() == kSignatureBytes &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_->openssl) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                       message.size()) == 1;
  ERR_clear_error();
  return valid;
}

}  // namespace foldersync
