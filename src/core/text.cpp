#include "core/text.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace foldersync {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

unsigned to_unsigned(char byte) { return static_cast<unsigned char>(byte); }

// The start of a text: a character, or a maximal ill-formed part where it is none.
struct Piece {
  std::size_t length = 1;  // bytes
  bool well_formed = false;
  char32_t character = 0;  // only where well_formed
};

// What may follow a lead byte: Unicode 15, table 3-7.
struct Sequence {
  std::size_t length = 0;  // bytes, with the lead byte; 0 where it can't lead
  unsigned second_from = 0x80;
  unsigned second_to = 0xBF;
};

Sequence sequence_after(unsigned lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xC2) return {};
  if (lead < 0xE0) return {2};
  if (lead == 0xE0) return {3, 0xA0};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3};
  if (lead == 0xF0) return {4, 0x90};
  if (lead < 0xF4) return {4};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

// Requires: `text` is not empty.
Piece first_piece(std::string_view text) {
  const unsigned lead = to_unsigned(text.front());
  const Sequence sequence = sequence_after(lead);
  if (sequence.length == 0) return {};
  if (sequence.length == 1) return {1, true, lead};

  unsigned character = lead & (0x7FU >> sequence.length);
  for (std::size_t at = 1; at < sequence.length; ++at) {
    const unsigned from = at == 1 ? sequence.second_from : 0x80;
    const unsigned to = at == 1 ? sequence.second_to : 0xBF;
    if (at == text.size() || to_unsigned(text[at]) < from || to_unsigned(text[at]) > to) {
      return {at};
    }
    character = character << 6U | (to_unsigned(text[at]) & 0x3FU);
  }
  return {sequence.length, true, character};
}

// Calls visit(part, piece) for each piece of `bytes`, in order, until it returns false.
template <class Visit>
void for_each_piece(std::string_view bytes, Visit visit) {
  while (!bytes.empty()) {
    const Piece piece = first_piece(bytes);
    if (!visit(bytes.substr(0, piece.length), piece)) return;
    bytes.remove_prefix(piece.length);
  }
}

struct Range {
  char32_t first;
  char32_t last;
};

// Characters from U+0080 on that change the terminal, break the line, turn the direction of
// writing around or can't be seen, in ascending order.
constexpr std::array<Range, 10> kUnsafe{{{0x80, 0x9F},
                                         {0xAD, 0xAD},
                                         {0x61C, 0x61C},
                                         {0x180E, 0x180E},
                                         {0x200B, 0x200F},
                                         {0x2028, 0x202E},
                                         {0x2060, 0x2069},
                                         {0xFEFF, 0xFEFF},
                                         {0xFFF9, 0xFFFB},
                                         {0xE0000, 0xE007F}}};

bool is_unsafe(char32_t character) {
  return std::any_of(kUnsafe.begin(), kUnsafe.end(), [character](Range range) {
    return character >= range.first && character <= range.last;
  });
}

void append_byte_escape(std::string& text, char byte) {
  text += "\\x";
  text += kHexDigits[to_unsigned(byte) >> 4U];
  text += kHexDigits[to_unsigned(byte) & 0xFU];
}

void append_character_escape(std::string& text, char32_t character) {
  std::string digits;
  for (; character != 0; character >>= 4U) digits += kHexDigits[character & 0xFU];
  if (digits.size() < 4) digits.resize(4, '0');
  text += "\\u{";
  text.append(digits.rbegin(), digits.rend());
  text += '}';
}

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string escaped(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for_each_piece(bytes, [&text](std::string_view part, const Piece& piece) {
    if (!piece.well_formed || piece.character < 0x20 || piece.character == 0x7F) {
      for (const char byte : part) append_byte_escape(text, byte);
    } else if (piece.character == '\\') {
      text += "\\\\";
    } else if (is_unsafe(piece.character)) {
      append_character_escape(text, piece.character);
    } else {
      text += part;
    }
    return true;
  });
  return text;
}

bool is_utf8(std::string_view bytes) {
  bool well_formed = true;
  for_each_piece(bytes, [&well_formed](std::string_view, const Piece& piece) {
    return well_formed = piece.well_formed;
  });
  return well_formed;
}

std::string utf8_rendering(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for_each_piece(bytes, [&text](std::string_view part, const Piece& piece) {
    text += piece.well_formed ? part : kReplacement;
    return true;
  });
  return text;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size());
    unsigned group = 0;
    for (std::size_t at = 0; at < 3; ++at) {
      group = group << 8U | (at < count ? to_unsigned(bytes[at]) : 0);
    }
    for (std::size_t at = 0; at < 4; ++at) {
      text += at <= count ? kBase64Digits[group >> (18 - 6 * at) & 0x3FU] : '=';
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (; !text.empty(); text.remove_prefix(4)) {
    const bool last = text.size() == 4;
    std::size_t count = 3;
    while (last && count > 1 && text[count] == '=') --count;
    unsigned group = 0;
    for (std::size_t at = 0; at < 4; ++at) {
      const std::size_t digit = at <= count ? kBase64Digits.find(text[at]) : 0;
      if (digit == std::string_view::npos) return std::nullopt;
      group = group << 6U | static_cast<unsigned>(digit);
    }
    // Bits that stand for no byte are zero in what to_base64() prints.
    if ((group & ((1U << (24 - 8 * count)) - 1)) != 0) return std::nullopt;
    for (std::size_t at = 0; at < count; ++at) {
      bytes += static_cast<char>(group >> (16 - 8 * at) & 0xFFU);
    }
  }
  return bytes;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits{" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  std::uint64_t tenths = 0;
  std::size_t at = 0;
  for (; at < kUnits.size(); ++at) {
    const std::uint64_t unit = std::uint64_t{1} << (10 * (at + 1));
    tenths = bytes / unit * 10 + (bytes % unit * 10 + unit / 2) / unit;
    if (tenths < 10'240 || at + 1 == kUnits.size()) break;
  }
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + kUnits[at];
}

std::string human_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string to_hex(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    text += kHexDigits[byte >> 4U];
    text += kHexDigits[byte & 0xFU];
  }
  return text;
}

}  // namespace foldersync
