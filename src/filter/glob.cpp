#include "filter/glob.h"

#include <array>
#include <cstddef>

namespace foldersync {
namespace {

std::size_t index_of(char byte) { return static_cast<unsigned char>(byte); }

// Adds the bytes from `first` to `last`, none where they stand the wrong way round.
void add_range(ByteSet& set, char first, char last) {
  for (std::size_t i = index_of(first); i <= index_of(last); ++i) set.set(i);
}

// The bytes of [:name:], ASCII whatever the locale; nothing where git knows no such class.
std::optional<ByteSet> class_named(std::string_view name) {
  struct Class {
    std::string_view name;
    std::string_view ranges;  // pairs of first and last byte
  };
  static constexpr std::array<Class, 12> kClasses = {{{"alnum", "09AZaz"},
                                                      {"alpha", "AZaz"},
                                                      {"blank", "\t\t  "},
                                                      {"cntrl", "\x01\x1f\x7f\x7f"},
                                                      {"digit", "09"},
                                                      {"graph", "!~"},
                                                      {"lower", "az"},
                                                      {"print", " ~"},
                                                      {"punct", "!/:@[`{~"},
                                                      {"space", "\t\n\r\r  "},
                                                      {"upper", "AZ"},
                                                      {"xdigit", "09AFaf"}}};
  for (const Class& candidate : kClasses) {
    if (candidate.name != name) continue;
    ByteSet set;
    for (std::size_t i = 0; i < candidate.ranges.size(); i += 2) {
      add_range(set, candidate.ranges[i], candidate.ranges[i + 1]);
    }
    return set;
  }
  return std::nullopt;
}

class PatternReader {
 public:
  explicit PatternReader(std::string_view pattern) : pattern_(pattern) {}

  std::optional<Pieces> read() {
    Pieces pieces;
    while (!at_end()) {
      const char byte = pattern_[at_];
      if (byte == '*') {
        pieces.emplace_back(read_stars());
      } else if (byte == '[' || byte == '?') {
        const std::optional<ByteSet> set = byte == '[' ? read_set() : read_question_mark();
        if (!set || set->none()) return std::nullopt;
        pieces.emplace_back(*set);
      } else {
        const std::optional<char> literal = read_literal();
        if (!literal) return std::nullopt;
        pieces.emplace_back(*literal);
      }
    }
    return pieces;
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ == pattern_.size(); }
  [[nodiscard]] bool next_is(std::string_view text) const {
    return pattern_.substr(at_).starts_with(text);
  }

  std::optional<ByteSet> read_question_mark() {
    ++at_;
    return ByteSet().set().reset(index_of('/'));
  }

  // A byte, the one after a backslash where there is one. Requires: not at the end.
  std::optional<char> read_literal() {
    if (pattern_[at_] == '\\' && ++at_ == pattern_.size()) return std::nullopt;
    return pattern_[at_++];
  }

  Stars read_stars() {
    const std::size_t first = at_;
    while (next_is("*")) ++at_;
    if (at_ - first == 1) return Stars::kInName;
    // git compares what stands before the first wildcard by itself and starts wildmatch behind it:
    // "a**/b" is read as "a" followed by "**/b".
    const bool starts_component =
        pattern_.find_first_of("*?[\\") == first || pattern_[first - 1] == '/';
    if (!starts_component) return Stars::kInName;
    if (next_is("/")) {
      ++at_;
      return Stars::kDirectories;
    }
    return at_end() || next_is("\\/") ? Stars::kAnything : Stars::kInName;
  }

  // A bracket expression. A "/" is never in it.
  std::optional<ByteSet> read_set() {
    ++at_;
    const bool negated = next_is("!") || next_is("^");
    if (negated) ++at_;
    ByteSet set;
    std::optional<char> previous;  // what a "-" would make the start of a range
    for (bool first = true; first || !next_is("]"); first = false) {
      if (at_end()) return std::nullopt;
      if (next_is("[:")) {
        const ClassRead outcome = read_class(set);
        if (outcome == ClassRead::kInvalid) return std::nullopt;
        previous.reset();
        if (outcome == ClassRead::kRead) continue;
      } else if (next_is("-") && previous && at_ + 1 < pattern_.size() &&
                 pattern_[at_ + 1] != ']') {
        ++at_;
        const std::optional<char> last = read_literal();
        if (!last) return std::nullopt;
        add_range(set, *previous, *last);
        previous.reset();
        continue;
      }
      previous = read_literal();
      if (!previous) return std::nullopt;
      set.set(index_of(*previous));
    }
    ++at_;
    if (negated) set.flip();
    return set.reset(index_of('/'));
  }

  enum class ClassRead : std::uint8_t { kRead, kNone, kInvalid };

  // The [:class:] at the current position; kNone: its "[" is an ordinary byte.
  ClassRead read_class(ByteSet& set) {
    const std::size_t start = at_ + 2;
    const std::size_t end = pattern_.find(']', start);
    if (end == std::string_view::npos) return ClassRead::kInvalid;
    if (end == start || pattern_[end - 1] != ':') return ClassRead::kNone;
    const std::optional<ByteSet> found = class_named(pattern_.substr(start, end - 1 - start));
    if (!found) return ClassRead::kInvalid;
    set |= *found;
    at_ = end + 1;
    return ClassRead::kRead;
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
};

void append_byte(std::string& regex, std::size_t byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  regex += "\\x";
  regex += kDigits[byte >> 4U];
  regex += kDigits[byte & 0xfU];
}

void append_set(std::string& regex, const ByteSet& set) {
  regex += '[';
  for (std::size_t first = 0; first < set.size(); ++first) {
    if (!set.test(first)) continue;
    std::size_t last = first;
    while (last + 1 < set.size() && set.test(last + 1)) ++last;
    append_byte(regex, first);
    regex += '-';
    append_byte(regex, last);
    first = last;
  }
  regex += ']';
}

}  // namespace

std::optional<Pieces> read_glob(std::string_view pattern) { return PatternReader(pattern).read(); }

std::optional<std::string> literal_of(std::span<const Piece> pieces) {
  std::string text;
  for (const Piece& piece : pieces) {
    const char* byte = std::get_if<char>(&piece);
    if (byte == nullptr) return std::nullopt;
    text.push_back(*byte);
  }
  return text;
}

std::string regex_of(std::span<const Piece> pieces) {
  std::string regex;
  for (const Piece& piece : pieces) {
    if (const char* byte = std::get_if<char>(&piece)) {
      append_byte(regex, index_of(*byte));
    } else if (const ByteSet* set = std::get_if<ByteSet>(&piece)) {
      append_set(regex, *set);
    } else {
      switch (std::get<Stars>(piece)) {
        case Stars::kInName:
          regex += "[^/]*";
          break;
        case Stars::kAnything:
          regex += ".*";
          break;
        case Stars::kDirectories:
          regex += "(?:.*/)?";
          break;
      }
    }
  }
  return regex;
}

}  // namespace foldersync
