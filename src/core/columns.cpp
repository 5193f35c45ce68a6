#include "core/columns.h"

#include <utf8proc.h>

#include <algorithm>

#include "core/parts.h"

namespace foldersync {
namespace {

constexpr std::string_view kGap = "...";

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// The columns of the character that `part` holds. What Unicode has given to nobody is drawn as
// something.
std::size_t width_of(std::string_view part) {
  utf8proc_int32_t character = -1;
  const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(part.data());
  (void)utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(part.size()), &character);
  if (character < 0) return 1;
  const int width = utf8proc_charwidth(character);
  const utf8proc_category_t category = utf8proc_category(character);
  const bool combines = category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
  return width > 0 || combines ? static_cast<std::size_t>(width) : 1;
}

// The length in bytes of the first, or the last, character of `text`, which is not empty.
std::size_t first_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && length < 4 && continues(text[length])) ++length;
  return length;
}

std::size_t last_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && length < 4 && continues(text[text.size() - length])) ++length;
  return length;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const std::size_t length = first_length(text);
    columns += width_of(text.substr(0, length));
    text.remove_prefix(length);
  }
  return columns;
}

std::string cut_to(std::string_view text, std::size_t width) {
  // No character takes more columns than bytes.
  if (text.size() <= width || columns_of(text) <= width) return std::string(text);
  const std::string_view gap = kGap.substr(0, std::min(width, kGap.size()));
  const std::size_t room = width - gap.size();
  std::size_t begin = 0;
  for (std::size_t left = room / 2; begin < text.size();) {
    const std::size_t length = first_length(text.substr(begin));
    const std::size_t columns = width_of(text.substr(begin, length));
    if (columns > left) break;
    left -= columns;
    begin += length;
  }
  std::size_t end = text.size();
  for (std::size_t left = room - room / 2, at = end; at > begin;) {
    const std::size_t length = last_length(text.substr(0, at));
    const std::size_t columns = width_of(text.substr(at - length, length));
    if (columns > left) break;
    left -= columns;
    at -= length;
    if (columns > 0) end = at;  // what combines does not come without what it combines with
  }
  return std::string(text.substr(0, begin)).append(gap).append(text.substr(end));
}

std::string left_aligned(std::string_view text, std::size_t width) {
  const std::size_t columns = columns_of(text);
  return std::string(text).append(width > columns ? width - columns : 0, ' ');
}

std::string right_aligned(std::string_view text, std::size_t width) {
  const std::size_t columns = columns_of(text);
  return std::string(width > columns ? width - columns : 0, ' ').append(text);
}

std::string wrapped(std::string_view words, std::size_t from, std::size_t at, std::size_t width) {
  std::string text;
  std::size_t column = from;
  if (from > 0 && from + 1 > at) {
    text += '\n';
    column = 0;
  }
  bool is_first = true;
  for (std::string_view rest = words; !rest.empty();) {
    const std::string_view word = take_until(rest, ' ');
    if (!is_first && column + 1 + columns_of(word) > width) {
      text += '\n';
      column = 0;
      is_first = true;
    }
    const std::size_t gap = is_first ? at - std::min(column, at) : 1;
    text += std::string(gap, ' ') + std::string(word);
    column += gap + columns_of(word);
    is_first = false;
  }
  return text + "\n";
}

}  // namespace foldersync
