#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <optional>

#include "core/text.h"
#include "plan/document_reader.h"
#include "plan/json.h"

namespace foldersync {
namespace {

// The library keeps one token at a time in memory: this bounds it, with the blanks before it. The
// longest token of a valid document is the rendering of a path of 1 MiB written as escapes.
constexpr std::size_t kMaxTokenBytes = std::size_t{8} << 20U;

// Pulls the document in pieces and knows how far the parser has come.
class Input {
 public:
  explicit Input(const ByteSource& source) : source_(source) { refill(); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  [[nodiscard]] bool at_end() const { return next_ == end_; }
  [[nodiscard]] char current() const { return *next_; }
  void advance() {
    if (++next_ == end_) refill();
  }

  // A whole token has been parsed.
  void mark_token() { token_ = position(); }

  [[nodiscard]] std::size_t position() const { return before_ + offset(); }
  [[nodiscard]] std::size_t line() const {
    return lines_before_ + static_cast<std::size_t>(std::count(piece_.data(), next_, '\n'));
  }

  // Set where the input ended early because of it.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  [[nodiscard]] std::size_t offset() const {
    return static_cast<std::size_t>(next_ - piece_.data());
  }

  void refill() {
    before_ = position();
    lines_before_ = line();
    next_ = end_ = piece_.data();
    if (error_ || !complaint_.empty()) return;
    if (before_ - token_ > kMaxTokenBytes) {
      complaint_ = "expected JSON of a plan, found a string or blanks of over 8 MiB";
      return;
    }
    const Result<std::size_t> size = source_(piece_);
    if (!size) {
      error_ = size.error();
      return;
    }
    end_ += std::min(*size, piece_.size());
    // The library takes a NUL for the end and leaves out a mark of byte order.
    if (before_ == 0 && next_ != end_ && *next_ == '\xEF') {
      complaint_ = "expected JSON, found a byte-order mark";
      end_ = next_;
    } else if (const char* const nul = std::find(next_, end_, '\0'); nul != end_) {
      complaint_ = "expected JSON, found a NUL byte";
      end_ = nul;
    }
  }

  const ByteSource& source_;
  std::array<char, std::size_t{64} << 10U> piece_;
  const char* next_ = piece_.data();
  const char* end_ = piece_.data();
  std::size_t before_ = 0;        // bytes before piece_
  std::size_t lines_before_ = 1;  // number of the line in which piece_ begins
  std::size_t token_ = 0;         // position after the last token
  std::optional<Error> error_;
  std::string complaint_;
};

// What the library reads from. A default one is the end.
class InputIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  InputIterator() = default;
  explicit InputIterator(Input& input) : input_(&input) {}

  char operator*() const { return input_->current(); }
  InputIterator& operator++() {
    input_->advance();
    return *this;
  }
  bool operator==(const InputIterator& other) const { return is_live() == other.is_live(); }

 private:
  [[nodiscard]] bool is_live() const { return input_ != nullptr && !input_->at_end(); }
  Input* input_ = nullptr;
};

// Hands the library's events to the reader.
class Events {
 public:
  Events(Input& input, DocumentReader& reader) : input_(input), reader_(reader) {}

  bool null() { return scalar({}); }
  bool boolean(bool value) { return scalar({Scalar::Kind::kBool, value, 0, {}}); }
  bool number_unsigned(std::uint64_t value) {
    return scalar({Scalar::Kind::kCount, false, value, {}});
  }
  // Whatever has a minus sign, so also -0.
  bool number_integer(std::int64_t value) {
    return scalar(
        {Scalar::Kind::kOtherNumber, false, 0, value == 0 ? "-0" : std::to_string(value)});
  }
  bool number_float(double, const std::string& text) {
    return scalar({Scalar::Kind::kOtherNumber, false, 0, text});
  }
  bool string(std::string& value) {
    return scalar({Scalar::Kind::kText, false, 0, std::move(value)});
  }
  bool binary(nlohmann::json::binary_t&) { return false; }  // not in text
  bool start_object(std::size_t) { return after_token(reader_.begin_object()); }
  bool key(const std::string& name) { return after_token(reader_.key(name)); }
  bool end_object() { return after_token(reader_.end_object()); }
  bool start_array(std::size_t) { return after_token(reader_.begin_list()); }
  bool end_array() { return after_token(reader_.end_list()); }

  bool parse_error(std::size_t, const std::string& token, const nlohmann::detail::exception&) {
    constexpr std::size_t kShownBytes = 60;
    const std::size_t from = token.size() - std::min(token.size(), kShownBytes);
    complaint_ = input_.at_end() ? "expected more JSON, found the end or an unfinished token"
                                 : "expected JSON, found \"" + escaped(token.substr(from)) + "\"";
    return false;
  }

  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  bool scalar(Scalar value) { return after_token(reader_.scalar(std::move(value))); }
  bool after_token(bool go_on) {
    input_.mark_token();
    return go_on;
  }

  Input& input_;
  DocumentReader& reader_;
  std::string complaint_;
};

Error invalid(const Input& input, const std::string& complaint) {
  return Error{ErrorCode::kInvalidDocument,
               "read plan",
               {},
               0,
               "line " + std::to_string(input.line()) + ", byte " +
                   std::to_string(input.position()) + ": " + complaint};
}

}  // namespace

Result<Plan> read_plan(const ByteSource& source) try {
  Input input(source);
  DocumentReader reader;
  Events events(input, reader);
  const bool parsed =
      nlohmann::json::sax_parse(InputIterator(input), InputIterator(), &events,
                                nlohmann::json::input_format_t::json, /*strict=*/true);
  if (input.error()) return *input.error();
  for (const std::string* complaint :
       {&reader.complaint(), &input.complaint(), &events.complaint()}) {
    if (!complaint->empty()) return invalid(input, *complaint);
  }
  if (!parsed) return invalid(input, "expected JSON");
  return std::move(reader).take();
} catch (const std::exception& exception) {
  return Error{ErrorCode::kSystem, "read plan", {}, 0, exception.what()};
}

}  // namespace foldersync
