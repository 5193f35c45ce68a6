#include "format/json_text.h"

#include <array>
#include <charconv>

#include "core/text.h"
#include "format/json.h"

namespace foldersync {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool is_plain(char byte) { return byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\'; }

void append_unit(std::string& out, unsigned unit) {
  out += "\\u";
  for (unsigned shift = 16; shift > 0;) {
    shift -= 4;
    out += kHexDigits[unit >> shift & 0xFU];
  }
}

// The UTF-16 units of one character of two to four bytes.
void append_escape(std::string& out, std::string_view character) {
  unsigned value = static_cast<unsigned char>(character.front()) & (0x7FU >> character.size());
  for (const char byte : character.substr(1)) {
    value = value << 6U | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  if (value < 0x10000) return append_unit(out, value);
  append_unit(out, 0xD800 + ((value - 0x10000) >> 10U));
  append_unit(out, 0xDC00 + ((value - 0x10000) & 0x3FFU));
}

void append_ascii(std::string& out, char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      append_unit(out, static_cast<unsigned char>(byte));
  }
}

// Requires: UTF-8.
void append_utf8(std::string& out, std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const std::string_view character = text.substr(0, length);
    if (is_plain(text.front())) {
      out += text.front();
    } else if (length == 1) {
      append_ascii(out, text.front());
    } else if (character == kReplacement || escaped(character) != character) {
      append_escape(out, character);  // can't be seen, or stands for what can't be written
    } else {
      out += character;
    }
    text.remove_prefix(length);
  }
}

void append_digits(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc{}) out.append(digits.data(), end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  while (plain < text.size() && is_plain(text[plain])) ++plain;
  out += text.substr(0, plain);
  const std::string_view rest = text.substr(plain);
  if (!rest.empty()) append_utf8(out, is_utf8(rest) ? rest : utf8_rendering(rest));
  out += '"';
}

void append_json_number(std::string& out, std::uint64_t number) {
  if (number > kMaxJsonInteger) out += '"';
  append_digits(out, number);
  if (number > kMaxJsonInteger) out += '"';
}

void append_key(std::string& out, std::string_view key) {
  if (!out.empty() && out.back() != '{' && out.back() != '\n') out += ',';
  out += '"';
  out += key;
  out += "\":";
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  append_json_string(out, text);
}

void append_count(std::string& out, std::string_view key, std::uint64_t count) {
  append_key(out, key);
  append_json_number(out, count);
}

void append_switch(std::string& out, std::string_view key, bool value) {
  append_key(out, key);
  out += value ? "true" : "false";
}

void append_bytes(std::string& out, std::string_view key, std::string_view bytes) {
  append_text(out, key, bytes);
  if (!is_utf8(bytes)) append_text(out, std::string(key) + "_b64", to_base64(bytes));
}

void append_null(std::string& out, std::string_view key) {
  append_key(out, key);
  out += "null";
}

void append_byte_strings(std::string& out, std::string_view key, std::string_view inner,
                         const std::vector<std::string>& values) {
  append_key(out, key);
  out += '[';
  for (const std::string& value : values) {
    if (out.back() != '[') out += ',';
    if (is_utf8(value)) {
      append_json_string(out, value);
      continue;
    }
    out += '{';
    append_bytes(out, inner, value);
    out += '}';
  }
  out += ']';
}

void append_path(std::string& out, std::string_view key, const RelPath& path) {
  append_bytes(out, key, path.is_root() ? std::string_view(".") : path.bytes());
}

std::string json_string(std::string_view text) {
  std::string literal;
  append_json_string(literal, text);
  return literal;
}

}  // namespace foldersync
