// MD5, SHA-256 and HMAC, computed by OpenSSL. No system call is made.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace foldersync {

// RFC 1321. Compares content; protects against accidents, not against forgers.
struct Md5 {
  std::array<unsigned char, 16> bytes{};
  friend auto operator<=>(const Md5&, const Md5&) = default;
};

// 32 lower-case hexadecimal digits.
std::string to_string(const Md5& digest);
std::optional<Md5> parse_md5(std::string_view text);

// FIPS 180-4.
struct Sha256 {
  std::array<unsigned char, 32> bytes{};
  friend auto operator<=>(const Sha256&, const Sha256&) = default;
};

// 64 lower-case hexadecimal digits.
std::string to_string(const Sha256& digest);
std::optional<Sha256> parse_sha256(std::string_view text);

// HMAC with SHA-256 (RFC 2104): shows that who wrote `message` had the key. Throws as Hasher does.
Sha256 hmac_sha256(std::span<const unsigned char> key, std::string_view message);

// Loads what is loaded for the first hash otherwise, some five million instructions, so that forked
// processes have it.
void load_hashing();

// A running digest; finish() gives it and makes the object ready for the next message.
// One thread at a time. Throws std::runtime_error where OpenSSL does not offer the algorithm
// (MD5 in a FIPS-only configuration): at construction, never later.
template <class Digest>
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(std::span<const std::byte> data);
  void update(std::string_view data);
  Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

using Md5Hasher = Hasher<Md5>;
using Sha256Hasher = Hasher<Sha256>;

}  // namespace foldersync
