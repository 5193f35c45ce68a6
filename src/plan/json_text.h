// The scalars of JSON as this program writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace foldersync {

// The largest integer that every JSON reader keeps exactly.
inline constexpr std::uint64_t kMaxJsonInteger = std::uint64_t{1} << 53U;

// Appends what json_string() of plan/json.h returns.
void append_json_string(std::string& out, std::string_view text);

// Appends a number, or a string of its digits above kMaxJsonInteger.
void append_json_number(std::string& out, std::uint64_t number);

}  // namespace foldersync
