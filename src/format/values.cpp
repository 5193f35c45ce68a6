#include "format/values.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/text.h"
#include "format/errno_name.h"
#include "format/json_text.h"

namespace foldersync {
namespace {

bool is_text(const Scalar& value) { return value.kind == Scalar::Kind::kText; }

// Decimal digits without a leading zero or a sign.
template <class Number>
bool parse_digits(std::string_view text, Number& into) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && rest == end && (text.front() != '0' || text.size() == 1);
}

bool is_lower_hex(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

// Gives `into` what `parsed` holds, if anything.
template <class T>
bool take_parsed(std::optional<T> parsed, T& into) {
  if (!parsed) return false;
  into = std::move(*parsed);
  return true;
}

}  // namespace

bool is_text(const Scalar& value, std::string_view text) {
  return is_text(value) && value.text == text;
}

bool take_bool(Scalar& value, bool& into) {
  into = value.on;
  return value.kind == Scalar::Kind::kBool;
}

bool take_large(Scalar& value, std::uint64_t& into) {
  if (is_text(value)) return parse_digits(value.text, into) && into > kMaxJsonInteger;
  into = value.count;
  return value.kind == Scalar::Kind::kCount && into <= kMaxJsonInteger;
}

bool take_small(Scalar& value, std::uint32_t& into) {
  into = static_cast<std::uint32_t>(value.count);
  return value.kind == Scalar::Kind::kCount && into == value.count;
}

bool take_ascii(Scalar& value, std::string& into) {
  constexpr std::size_t kMaxBytes = 255;
  const bool is_printable = std::all_of(value.text.begin(), value.text.end(),
                                        [](char byte) { return byte >= ' ' && byte <= '~'; });
  if (!is_text(value) || value.text.size() > kMaxBytes || !is_printable) return false;
  into = value.text;
  return true;
}

bool take_bytes(Scalar& value, std::string& into) {
  if (!is_text(value)) return false;
  into = value.text;
  return true;
}

bool take_base64(Scalar& value, std::optional<std::string>& into) {
  into = is_text(value) ? from_base64(value.text) : std::nullopt;
  return into.has_value();
}

// Lower-case "xxxxxxxx-xxxx-7xxx-Yxxx-xxxxxxxxxxxx", where Y is 8, 9, a or b.
bool take_uuid(Scalar& value, std::string& into) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-7xxx-Yxxx-xxxxxxxxxxxx";
  if (!is_text(value) || value.text.size() != kForm.size()) return false;
  for (std::size_t at = 0; at < kForm.size(); ++at) {
    const char byte = value.text[at];
    const bool suits = kForm[at] == 'x'   ? is_lower_hex(byte)
                       : kForm[at] == 'Y' ? byte == '8' || byte == '9' || byte == 'a' || byte == 'b'
                                          : byte == kForm[at];
    if (!suits) return false;
  }
  into = value.text;
  return true;
}

bool take_sha256(Scalar& value, std::string& into) {
  constexpr std::size_t kDigits = 64;
  if (!is_text(value) || value.text.size() != kDigits ||
      !std::all_of(value.text.begin(), value.text.end(), is_lower_hex)) {
    return false;
  }
  into = value.text;
  return true;
}

bool take_time(Scalar& value, FileTime& into) {
  return is_text(value) && take_parsed(parse_file_time(value.text), into);
}

bool take_mode(Scalar& value, std::uint32_t& into) {
  constexpr std::size_t kDigits = 4;
  if (!is_text(value) || value.text.size() != kDigits) return false;
  const char* const end = value.text.data() + kDigits;
  const auto [rest, error] = std::from_chars(value.text.data(), end, into, 8);
  return error == std::errc{} && rest == end;
}

bool take_device(Scalar& value, std::uint64_t& into) {
  const std::string_view text = value.text;
  const std::size_t colon = text.find(':');
  if (!is_text(value) || colon == 0 || colon == std::string_view::npos || text.back() == ':') {
    return false;
  }
  unsigned major_number = 0;
  unsigned minor_number = 0;
  if (!parse_digits(text.substr(0, colon), major_number) ||
      !parse_digits(text.substr(colon + 1), minor_number)) {
    return false;
  }
  into = gnu_dev_makedev(major_number, minor_number);
  return true;
}

bool take_md5(Scalar& value, Md5& into) {
  return is_text(value) && std::all_of(value.text.begin(), value.text.end(), is_lower_hex) &&
         take_parsed(parse_md5(value.text), into);
}

bool take_limit(Scalar& value, Limit& into) {
  return is_text(value) && take_parsed(parse_limit(value.text), into);
}

bool take_owners(Scalar& value, OwnerChange& into) {
  return is_text(value) && take_parsed(parse_owner_change(value.text), into);
}

bool take_mode_rules(Scalar& value, ModeChange& into) {
  constexpr std::uint32_t kAll = 0777;
  if (!is_text(value)) return false;
  if (value.text.empty()) return true;
  const auto change = ModeChange::parse(value.text, kAll);
  return change && change->text() == value.text && take_parsed(change, into);
}

bool take_errno(Scalar& value, int& into) {
  return is_text(value) && take_parsed(errno_number(value.text), into);
}

bool take_reason(Scalar& value, ReasonSet& into) {
  Reason reason{};
  if (!take_word(value, kReasons, reason)) return false;
  if (into.bits() >= static_cast<std::uint16_t>(reason)) return false;
  into.add(reason);
  return true;
}

}  // namespace foldersync
