// Text in lines that fit a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace foldersync {

// Lines of at most `columns`, all but the first behind `indent` blanks. What is longer than a line
// has one of its own, and stands out.
class BrokenLines {
 public:
  BrokenLines(std::size_t columns, std::size_t indent) : columns_(columns), indent_(indent) {}

  // Broken after ", ", and between words only where a part of the list is longer than a line.
  void add_list(std::string_view list);
  void add_words(std::string_view words);
  // In one piece.
  void add(std::string_view piece);
  // In one piece, of which the middle is left out where it is longer than a line.
  void add_cut(std::string_view piece);
  // What stands before the first piece, and takes `width` columns.
  void put(std::string_view text, std::size_t width);

  // Without an end of the last line.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void begin_line();

  std::size_t columns_;
  std::size_t indent_;
  std::string text_;
  std::size_t column_ = 0;
  bool is_at_start_ = true;
};

}  // namespace foldersync
