// The scalars of JSON, and fields of objects, as this program writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/path.h"

namespace foldersync {

// The largest integer that every JSON reader keeps exactly.
inline constexpr std::uint64_t kMaxJsonInteger = std::uint64_t{1} << 53U;

// Appends what json_string() of json.h returns.
void append_json_string(std::string& out, std::string_view text);

// Appends a number, or a string of its digits above kMaxJsonInteger.
void append_json_number(std::string& out, std::uint64_t number);

// What follows appends a field of an object; a comma before it where one is needed.
void append_key(std::string& out, std::string_view key);
void append_text(std::string& out, std::string_view key, std::string_view text);
void append_count(std::string& out, std::string_view key, std::uint64_t count);
void append_switch(std::string& out, std::string_view key, bool value);
void append_null(std::string& out, std::string_view key);
// A list of texts.
template <class Texts>
void append_texts(std::string& out, std::string_view key, const Texts& texts) {
  append_key(out, key);
  out += '[';
  for (const std::string_view text : texts) {
    if (out.back() != '[') out += ',';
    append_json_string(out, text);
  }
  out += ']';
}
// Bytes that may not be UTF-8: "key", and "key_b64" where it is needed.
void append_bytes(std::string& out, std::string_view key, std::string_view bytes);
// A list of such: strings, and objects with the key `inner` where the bytes are not UTF-8.
void append_byte_strings(std::string& out, std::string_view key, std::string_view inner,
                         const std::vector<std::string>& values);
// The root is ".".
void append_path(std::string& out, std::string_view key, const RelPath& path);

}  // namespace foldersync
