// How each kind of value of a plan document is checked and taken. All `take_` functions return
// false, and leave the value as it was, where it isn't one in its only spelling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/file_status.h"
#include "format/scalar.h"
#include "plan/plan.h"

namespace foldersync {

bool take_bool(Scalar& value, bool& into);
bool take_large(Scalar& value, std::uint64_t& into);  // a number, above 2^53 a string of digits
bool take_small(Scalar& value, std::uint32_t& into);
bool take_ascii(Scalar& value, std::string& into);  // printable, at most 255 bytes
bool take_bytes(Scalar& value, std::string& into);  // any text; resolve() makes bytes of it
bool take_base64(Scalar& value, std::optional<std::string>& into);
bool take_uuid(Scalar& value, std::string& into);
bool take_sha256(Scalar& value, std::string& into);
bool take_time(Scalar& value, FileTime& into);
bool take_mode(Scalar& value, std::uint32_t& into);
bool take_device(Scalar& value, std::uint64_t& into);
bool take_md5(Scalar& value, Md5& into);
bool take_limit(Scalar& value, Limit& into);
bool take_owners(Scalar& value, OwnerChange& into);
bool take_mode_rules(Scalar& value, ModeChange& into);  // only in the form of its own text
bool take_errno(Scalar& value, int& into);
bool take_reason(Scalar& value, ReasonSet& into);  // only in the order of Reason, each once

bool is_text(const Scalar& value, std::string_view text);

// One of `words`, by its to_string().
template <class Words, class Word>
bool take_word(const Scalar& value, const Words& words, Word& into) {
  for (const Word word : words) {
    if (!is_text(value, to_string(word))) continue;
    into = word;
    return true;
  }
  return false;
}

}  // namespace foldersync
