// The pattern language of gitignore(5), read as git's wildmatch reads it.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace foldersync {

using ByteSet = std::bitset<256>;

enum class Stars : std::uint8_t {
  kInName,       // "*": bytes other than "/"
  kAnything,     // "**" as the last component: the rest of the path
  kDirectories,  // "**/" as a whole component: any number of directories, none included
};

// One piece of a pattern: a byte that stands for itself, one byte of a set, or stars. A set is
// never empty and never has "/".
using Piece = std::variant<char, ByteSet, Stars>;
using Pieces = std::vector<Piece>;

// The pieces of a pattern that has no "!", no "/" at its start or end any more. Nothing where it
// can't match any path: an open bracket, an unknown class, an empty set, a lone backslash at the
// end. Classes are ASCII, whatever the locale.
std::optional<Pieces> read_glob(std::string_view pattern);

// The bytes that `pieces` stand for, where none of them is a wildcard.
std::optional<std::string> literal_of(std::span<const Piece> pieces);

// The regular expression, in RE2's language and printable ASCII, that matches the same whole paths.
// Requires: it is compiled for Latin-1, "." matches a newline.
std::string regex_of(std::span<const Piece> pieces);

}  // namespace foldersync
