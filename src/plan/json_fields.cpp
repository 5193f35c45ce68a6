#include "plan/json_fields.h"

#include <boost/json/basic_parser_impl.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace foldersync {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

using ErrorCodeOut = boost::json::error_code;
using Text = boost::json::string_view;

// Notes each scalar with where it stands.
class FieldEvents {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = kMostBytes;
  static constexpr std::size_t max_string_size = kMostBytes;

  bool on_document_begin(ErrorCodeOut&) { return true; }
  bool on_document_end(ErrorCodeOut&) { return true; }
  bool on_object_begin(ErrorCodeOut& error) { return note(std::nullopt, error) && open(false); }
  bool on_object_end(std::size_t, ErrorCodeOut&) { return close(); }
  bool on_array_begin(ErrorCodeOut& error) { return note(std::nullopt, error) && open(true); }
  bool on_array_end(std::size_t, ErrorCodeOut&) { return close(); }
  bool on_key_part(Text part, std::size_t, ErrorCodeOut&) { return add(part); }
  bool on_key(Text last, std::size_t, ErrorCodeOut&) {
    add(last);
    levels_.back().key = std::exchange(parts_, {});
    return true;
  }
  bool on_string_part(Text part, std::size_t, ErrorCodeOut&) { return add(part); }
  bool on_string(Text last, std::size_t, ErrorCodeOut& error) {
    add(last);
    return note(std::exchange(parts_, {}), error);
  }
  bool on_number_part(Text, ErrorCodeOut&) { return true; }
  bool on_int64(std::int64_t, Text, ErrorCodeOut& error) { return note(std::nullopt, error); }
  bool on_uint64(std::uint64_t, Text, ErrorCodeOut& error) { return note(std::nullopt, error); }
  bool on_double(double, Text, ErrorCodeOut& error) { return note(std::nullopt, error); }
  bool on_bool(bool, ErrorCodeOut& error) { return note(std::nullopt, error); }
  bool on_null(ErrorCodeOut& error) { return note(std::nullopt, error); }
  bool on_comment_part(Text, ErrorCodeOut&) { return false; }  // refused by the parser
  bool on_comment(Text, ErrorCodeOut&) { return false; }

  JsonFields& fields() { return fields_; }

 private:
  // An object or a list that hasn't ended.
  struct Level {
    bool is_list = false;
    std::size_t next = 0;  // of a list: the number of the next element
    std::string key;       // of an object: that of the next value
  };

  bool add(Text part) {
    parts_.append(part.data(), part.size());
    return true;
  }
  bool open(bool is_list) {
    levels_.push_back({is_list, 0, {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return true;
  }

  [[nodiscard]] std::string pointer() const {
    std::string text;
    for (const Level& level : levels_) {
      text += '/';
      if (level.is_list) {
        text += std::to_string(level.next - 1);
        continue;
      }
      for (const char byte : level.key) {
        if (byte == '~') {
          text += "~0";
        } else if (byte == '/') {
          text += "~1";
        } else {
          text += byte;
        }
      }
    }
    return text;
  }

  // A value begins, which nothing else stands for.
  bool note(std::optional<std::string> value, ErrorCodeOut& error) {
    if (!levels_.empty() && levels_.back().is_list) ++levels_.back().next;
    const bool is_new = fields_.emplace(pointer(), std::move(value)).second;
    if (!is_new) error = boost::json::error::syntax;
    return is_new;
  }

  std::vector<Level> levels_;
  std::string parts_;
  JsonFields fields_;
};

Error invalid(const char* why) {
  return Error{ErrorCode::kInvalidDocument, "read JSON", {}, 0, why};
}

}  // namespace

Result<JsonFields> json_fields(std::string_view text) try {
  if (text.size() > kMostBytes) return invalid("it is too long");
  boost::json::basic_parser<FieldEvents> parser{boost::json::parse_options{}};
  ErrorCodeOut error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (error) return invalid("it is not JSON, or has a key twice");
  if (text.find_first_not_of(" \n\r\t", used) != std::string_view::npos)
    return invalid("something follows the JSON");
  return std::move(parser.handler().fields());
} catch (const std::exception&) {
  return invalid("it can't be read");
}

std::optional<std::string> string_at(const JsonFields& fields, const std::string& pointer) {
  const auto found = fields.find(pointer);
  return found == fields.end() ? std::nullopt : found->second;
}

}  // namespace foldersync
