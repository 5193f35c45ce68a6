// Texts part by part, and numbers in them.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace foldersync {

// The part before `separator`, or all, taken off the front together with that.
inline std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// The number that the whole text is, as std::from_chars reads it; nothing where it is none.
template <class Number>
std::optional<Number> number_in(std::string_view text, int base = 10) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [read, failed] = std::from_chars(text.data(), end, number, base);
  return failed == std::errc() && read == end ? std::optional(number) : std::nullopt;
}

}  // namespace foldersync
