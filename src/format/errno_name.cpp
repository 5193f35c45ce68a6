#include "format/errno_name.h"

#include <charconv>
#include <cstring>

namespace foldersync {
namespace {

// Linux returns errors as -1 to -4095.
constexpr int kHighestErrno = 4095;

}  // namespace

std::string errno_name(int error_number) {
  // The library's name of 0 is "0", which says nothing beside a path.
  const char* const name = error_number == 0 ? nullptr : strerrorname_np(error_number);
  return name != nullptr ? name : "E" + std::to_string(error_number);
}

std::optional<int> errno_number(std::string_view name) {
  if (name.size() < 2 || name.front() != 'E') return std::nullopt;
  int number = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + 1, end, number);
  if (error == std::errc{} && rest == end) {
    return errno_name(number) == name && number >= 0 ? std::optional(number) : std::nullopt;
  }
  for (int candidate = 1; candidate <= kHighestErrno; ++candidate) {
    const char* const known = strerrorname_np(candidate);
    if (known != nullptr && name == known) return candidate;
  }
  return std::nullopt;
}

}  // namespace foldersync
