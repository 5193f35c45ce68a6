#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "core/text.h"
#include "format/json.h"
#include "format/reader.h"

namespace foldersync {
namespace {

// The longest string of a valid document is the rendering of a path of 1 MiB.
constexpr std::size_t kMaxStringBytes = std::size_t{8} << 20U;
constexpr std::size_t kMaxNumberBytes = 64;
constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;

using ErrorCodeOut = boost::json::error_code;
using Text = boost::json::string_view;

std::string_view view_of(Text text) { return {text.data(), text.size()}; }

// Hands the parser's events to the reader; a string comes in parts where the source cuts it.
class Events {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = kMaxStringBytes;
  static constexpr std::size_t max_string_size = kMaxStringBytes;

  bool on_document_begin(ErrorCodeOut&) { return true; }
  bool on_document_end(ErrorCodeOut&) { return true; }
  bool on_object_begin(ErrorCodeOut& error) { return go_on(reader_.begin_object(), error); }
  bool on_object_end(std::size_t, ErrorCodeOut& error) {
    return go_on(reader_.end_object(), error);
  }
  bool on_array_begin(ErrorCodeOut& error) { return go_on(reader_.begin_list(), error); }
  bool on_array_end(std::size_t, ErrorCodeOut& error) { return go_on(reader_.end_list(), error); }
  bool on_key_part(Text part, std::size_t, ErrorCodeOut&) { return add(part); }
  bool on_key(Text last, std::size_t, ErrorCodeOut& error) {
    const bool taken = reader_.key(whole(last));
    parts_.clear();
    return go_on(taken, error);
  }
  bool on_string_part(Text part, std::size_t, ErrorCodeOut&) { return add(part); }
  bool on_string(Text last, std::size_t, ErrorCodeOut& error) {
    return scalar({Scalar::Kind::kText, false, 0, whole(last)}, error);
  }
  bool on_number_part(Text part, ErrorCodeOut& error) {
    add(part);
    return go_on(parts_.size() <= kMaxNumberBytes, error);
  }
  // Whatever has a minus sign, so also -0, is no count.
  bool on_int64(std::int64_t number, Text last, ErrorCodeOut& error) {
    const std::string_view text = whole(last);
    if (text.starts_with('-')) return other_number(text, error);
    return scalar({Scalar::Kind::kCount, false, static_cast<std::uint64_t>(number), {}}, error);
  }
  bool on_uint64(std::uint64_t number, Text, ErrorCodeOut& error) {
    return scalar({Scalar::Kind::kCount, false, number, {}}, error);
  }
  bool on_double(double, Text last, ErrorCodeOut& error) {
    return other_number(whole(last), error);
  }
  bool on_bool(bool value, ErrorCodeOut& error) {
    return scalar({Scalar::Kind::kBool, value, 0, {}}, error);
  }
  bool on_null(ErrorCodeOut& error) { return scalar({}, error); }
  bool on_comment_part(Text, ErrorCodeOut&) { return false; }  // refused by the parser
  bool on_comment(Text, ErrorCodeOut&) { return false; }

  Events(Spooling spooling, Extent extent) : reader_(std::move(spooling), extent) {}

  DocumentReader& reader() { return reader_; }

 private:
  bool add(Text part) {
    parts_.append(part.data(), part.size());
    return true;
  }

  // What has come in parts, with the last of them; until the next event.
  std::string_view whole(Text last) {
    if (parts_.empty()) return view_of(last);
    add(last);
    return parts_;
  }

  bool other_number(std::string_view text, ErrorCodeOut& error) {
    return scalar({Scalar::Kind::kOtherNumber, false, 0, text}, error);
  }
  bool scalar(const Scalar& value, ErrorCodeOut& error) {
    const bool taken = reader_.scalar(value);
    parts_.clear();
    return go_on(taken, error);
  }
  // The parser wants an error of its own where it is told to stop.
  static bool go_on(bool yes, ErrorCodeOut& error) {
    if (!yes) error = boost::json::error::syntax;
    return yes;
  }

  DocumentReader reader_;
  std::string parts_;
};

// Feeds the parser piece by piece, and knows how far it has come.
class Parsing {
 public:
  Parsing(const ByteSource& source, Spooling spooling, Extent extent = Extent::kWhole)
      : source_(source), parser_(boost::json::parse_options{}, std::move(spooling), extent) {}

  Result<StoredPlan> run() {
    for (;;) {
      const auto more = TRY(parse_next());
      if (!more) return std::move(parser_.handler().reader()).take();
    }
  }

  Result<RootReferences> roots() {
    for (;;) {
      const auto more = parse_next();
      const PlanHeader* const known = parser_.handler().reader().with_replica();
      if (known != nullptr) return RootReferences{known->source, known->replica};
      if (!more) return more.error();
    }
  }

 private:
  // Parses the next piece. The answer: whether there was one; nothing follows the document.
  Result<bool> parse_next() {
    const std::size_t size = TRY(source_(piece_));
    size_ = std::min(size, piece_.size());
    if (!parse()) return refusal();
    before_ += size_;
    lines_before_ += lines_of(size_);
    return size_ > 0;
  }

  bool parse() {
    used_ = 0;
    if (!parser_.done()) {
      used_ = parser_.write_some(size_ > 0, piece_.data(), size_, error_);
      if (error_) return false;
    }
    // Only blanks follow the document.
    while (used_ < size_ && is_blank(piece_[used_])) ++used_;
    return used_ == size_;
  }

  static bool is_blank(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
  }
  [[nodiscard]] std::size_t lines_of(std::size_t size) const {
    return static_cast<std::size_t>(std::count(piece_.data(), piece_.data() + size, '\n'));
  }

  [[nodiscard]] std::string complaint() {
    constexpr std::size_t kShownBytes = 60;
    const std::string& refused = parser_.handler().reader().complaint();
    if (!refused.empty()) return refused;
    if (error_ == boost::json::error::string_too_large ||
        error_ == boost::json::error::key_too_large) {
      return "expected JSON of a plan, found a string of over 8 MiB";
    }
    if (used_ == size_) return "expected more JSON, found the end";
    const std::string_view rest(piece_.data() + used_, std::min(size_ - used_, kShownBytes));
    return "expected JSON of a plan, found \"" + escaped(rest) + "\"";
  }

  Error refusal() {
    const auto& error = parser_.handler().reader().error();
    if (error) return *error;
    return document_error("read plan", "line " + std::to_string(lines_before_ + lines_of(used_)) +
                                           ", byte " + std::to_string(before_ + used_) + ": " +
                                           complaint());
  }

  const ByteSource& source_;
  boost::json::basic_parser<Events> parser_;
  std::array<char, kPieceBytes> piece_{};
  std::size_t size_ = 0;          // bytes in piece_
  std::size_t used_ = 0;          // of them parsed
  std::size_t before_ = 0;        // bytes before piece_
  std::size_t lines_before_ = 1;  // number of the line in which piece_ begins
  ErrorCodeOut error_;
};

}  // namespace

Result<StoredPlan> read_plan(const ByteSource& source, Spooling spooling) try {
  return Parsing(source, std::move(spooling)).run();
} catch (const std::exception& exception) {
  return system_error("read plan", 0, exception.what());
}

Result<RootReferences> read_roots(const ByteSource& source) try {
  return Parsing(source, {}).roots();
} catch (const std::exception& exception) {
  return system_error("read plan", 0, exception.what());
}

Result<Plan> read_small_plan(const ByteSource& source) {
  const auto plan = TRY(read_plan(source, {}));
  return in_memory(plan);
}

Result<Plan> read_window(const ByteSource& source) try {
  const auto plan = TRY(Parsing(source, {}, Extent::kWindow).run());
  return in_memory(plan);
} catch (const std::exception& exception) {
  return system_error("read plan", 0, exception.what());
}

}  // namespace foldersync
