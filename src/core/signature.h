// Ed25519 signatures (RFC 8032), by OpenSSL. No system call is made.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace foldersync {

// OpenSSL's key, of either kind.
struct Ed25519Key;

// A private key.
class SigningKey {
 public:
  // From PEM (PKCS #8). Error kRefused, with a sentence: protected by a password, which nobody is
  // asked for; of another algorithm; no private key.
  static Result<SigningKey> from_pem(std::string_view pem);

  // 64 bytes. Throws std::runtime_error where OpenSSL does not offer the algorithm.
  [[nodiscard]] std::string sign(std::string_view message) const;
  // SHA-256 of the public key's DER form (SubjectPublicKeyInfo), in hexadecimal digits.
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  SigningKey() = default;

  std::shared_ptr<const Ed25519Key> key_;
  std::string id_;
};

// A public key.
class VerifyingKey {
 public:
  // All keys of a PEM text (SubjectPublicKeyInfo), at least one. Error kRefused: there is none, one
  // that can't be read, or one of another algorithm.
  static Result<std::vector<VerifyingKey>> all_from_pem(std::string_view pem);

  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;
  // As of the private key.
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  VerifyingKey() = default;

  std::shared_ptr<const Ed25519Key> key_;
  std::string id_;
};

}  // namespace foldersync
