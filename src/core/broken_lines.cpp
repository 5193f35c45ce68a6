#include "core/broken_lines.h"

#include <algorithm>

#include "core/columns.h"
#include "core/parts.h"

namespace foldersync {

void BrokenLines::add_list(std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(", ");
    const std::size_t end = comma == std::string_view::npos ? list.size() : comma + 1;
    const std::string_view part = list.substr(0, end);
    indent_ + columns_of(part) <= columns_ ? add(part) : add_words(part);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

void BrokenLines::add_words(std::string_view words) {
  while (!words.empty()) add(take_until(words, ' '));
}

void BrokenLines::add(std::string_view piece) {
  const std::size_t width = columns_of(piece);
  if (!is_at_start_ && column_ + 1 + width > columns_) {
    begin_line();
  } else if (!is_at_start_) {
    put(" ", 1);
  }
  put(piece, width);
  is_at_start_ = false;
}

void BrokenLines::add_cut(std::string_view piece) {
  constexpr std::size_t kGapColumns = 3;
  add(cut_to(piece, std::max(columns_, indent_ + kGapColumns) - indent_));
}

void BrokenLines::put(std::string_view text, std::size_t width) {
  text_ += text;
  column_ += width;
}

void BrokenLines::begin_line() {
  text_ += "\n" + std::string(indent_, ' ');
  column_ = indent_;
  is_at_start_ = true;
}

}  // namespace foldersync
