#include "core/columns.h"

#include <algorithm>
#include <array>

#include "core/parts.h"

namespace foldersync {
namespace {

constexpr std::string_view kGap = "...";

struct Range {
  char32_t first;
  char32_t last;
};

// Those blocks of Unicode whose characters terminals draw over two columns, in ascending order.
constexpr std::array<Range, 14> kWide{{{0x1100, 0x115F},
                                       {0x231A, 0x231B},
                                       {0x23E9, 0x23F3},
                                       {0x25FD, 0x2B55},
                                       {0x2E80, 0xA4CF},
                                       {0xA960, 0xA97F},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE10, 0xFE19},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x16FE0, 0x1FBFF},
                                       {0x20000, 0x3FFFD}}};

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// The columns of the character that `part` holds.
std::size_t width_of(std::string_view part) {
  if (part.size() < 3) return 1;
  char32_t character = static_cast<unsigned char>(part[0]) & (0x7FU >> part.size());
  for (const char byte : part.substr(1)) {
    character = character << 6U | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  const bool wide = std::any_of(kWide.begin(), kWide.end(), [character](Range range) {
    return character >= range.first && character <= range.last;
  });
  return wide ? 2 : 1;
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
  for (std::size_t left = room / 2;;) {
    const std::size_t length = first_length(text.substr(begin));
    const std::size_t columns = width_of(text.substr(begin, length));
    if (columns > left) break;
    left -= columns;
    begin += length;
  }
  std::size_t end = text.size();
  for (std::size_t left = room - room / 2;;) {
    const std::size_t length = last_length(text.substr(0, end));
    const std::size_t columns = width_of(text.substr(end - length, length));
    if (columns > left) break;
    left -= columns;
    end -= length;
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
