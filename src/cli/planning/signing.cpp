#include "cli/planning/signing.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "cli/values/folders.h"
#include "cli/walls/output.h"
#include "format/plan_signature.h"
#include "fs/named_file.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

Error unreadable(const std::string& file, const char* why, int error_number) {
  return refused_error("read", why, error_number).at(file);
}

// A key or a signature; from a pipe, too. What nobody writes into is empty, and not waited for.
Result<std::string> read_small_file(const std::string& file) {
  FileSystem& fs = posix_file_system();
  const auto opened = open_to_read(fs, file);
  if (!opened && opened.error().code == ErrorCode::kRefused) return opened.error();
  if (!opened) return unreadable(file, "it can't be opened", opened.error().error_number);
  const Fd& fd = opened->fd;
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) < 0)
    return unreadable(file, "it can't be read", errno);
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t count = ::read(fd.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(file, "it can't be read", errno);
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > kMostBytes)
      return unreadable(file, "it is too long for what it should be", 0);
  }
}

}  // namespace

std::string signature_file(const SignatureOptions& options, const std::string& document) {
  if (options.file) return absolute_name(*options.file);
  return document.empty() || document == "-" ? std::string() : document + ".sig";
}

Result<SigningKey> read_signing_key(const std::string& file) {
  const auto pem = TRY(read_small_file(file));
  auto key = SigningKey::from_pem(pem);
  if (!key) return std::move(key).error().at(file);
  return key;
}

Status write_signature(const StoredPlan& plan, const SigningKey& key, const std::string& file) {
  const auto identity = TRY(identity_of(plan));
  auto output = TRY(Output::open(file));
  TRY(output->write(sign_plan(identity, key)));
  return output->finish();
}

Result<std::string> verify_signature(const StoredPlan& plan, const SignatureOptions& options,
                                     const std::string& document) {
  if (!options.key) return std::string();
  const std::string file = signature_file(options, document);
  if (file.empty()) {
    return usage_error(
        "verify",
        "a plan from standard input has its signature elsewhere: name it with --signature");
  }
  const auto pem = TRY(read_small_file(*options.key));
  auto keys = VerifyingKey::all_from_pem(pem);
  if (!keys) return std::move(keys).error().at(*options.key);
  const auto envelope = TRY(read_small_file(file));
  const auto identity = TRY(identity_of(plan));
  auto signer = verify_plan(identity, envelope, *keys);
  if (!signer) return std::move(signer).error().at(file);
  return signer;
}

}  // namespace foldersync
