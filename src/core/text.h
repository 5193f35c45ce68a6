// Bytes as text: for people (escaped), for JSON (U+FFFD), as base64; and figures for people.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace foldersync {

// `bytes` safe to show on a terminal and in a log, on one line: control characters, bidirectional
// and other invisible format characters, and bytes that are not UTF-8 become \xNN or \u{NNNN}, a
// backslash becomes \\. Everything else stays.
std::string escaped(std::string_view bytes);

bool is_utf8(std::string_view bytes);

// `bytes` as UTF-8, with U+FFFD for each maximal ill-formed part (Unicode 15, section 3.9,
// "substitution of maximal subparts").
std::string utf8_rendering(std::string_view bytes);

// RFC 4648, with padding. from_base64 accepts exactly what to_base64 prints.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

// "9 B", "1.2 KiB", "3.4 GiB".
std::string human_bytes(std::uint64_t bytes);

// "12,345".
std::string human_count(std::uint64_t count);

// Two lower-case hexadecimal digits a byte.
std::string to_hex(std::span<const unsigned char> bytes);

}  // namespace foldersync
