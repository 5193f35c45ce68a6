#include "format/json_fields.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <set>
#include <utility>
#include <vector>

namespace foldersync {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostLevels = 16;
constexpr std::size_t kMostValues = 10'000;
constexpr std::size_t kMostPointerBytes = 1024;

// A member of an object as a part of a JSON pointer.
std::string pointer_part(const std::string& key) {
  std::string part = "/";
  for (const char byte : key) {
    if (byte == '~' || byte == '/') {
      part += byte == '~' ? "~0" : "~1";
    } else {
      part += byte;
    }
  }
  return part;
}

// Takes the parser's events; false from any of them ends it. Holds the strings, and of what has not
// ended one level each: neither grows with what else the text may hold.
class Events final : public nlohmann::json::json_sax_t {
 public:
  explicit Events(JsonFields& fields) : fields_(fields) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool binary(binary_t&) override { return false; }
  bool string(string_t& text) override {
    if (!value()) return false;
    fields_.emplace(pointer_, std::move(text));
    return true;
  }
  bool start_object(std::size_t) override { return value() && open(true); }
  bool start_array(std::size_t) override { return value() && open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    Level& level = levels_.back();
    if (!level.keys.insert(name).second) return refuse("it has a key twice");
    pointer_.resize(level.pointer_bytes);
    pointer_ += pointer_part(name);
    return pointer_.size() <= kMostPointerBytes || refuse("its keys are too long");
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("it is not JSON");
  }

  [[nodiscard]] const char* why() const { return why_; }

 private:
  // An object or a list that has not ended.
  struct Level {
    bool is_object = false;
    std::size_t pointer_bytes = 0;  // of its own pointer
    std::uint64_t elements = 0;     // of a list
    std::set<std::string> keys;     // of an object
  };

  bool refuse(const char* why) {
    why_ = why;
    return false;
  }

  // A value comes, and its pointer is made.
  bool value() {
    if (++values_ > kMostValues) return refuse("it has too many values");
    if (levels_.empty() || levels_.back().is_object) return true;
    pointer_.resize(levels_.back().pointer_bytes);
    pointer_ += '/' + std::to_string(levels_.back().elements++);
    return true;
  }
  bool open(bool is_object) {
    if (levels_.size() == kMostLevels) return refuse("it is nested too deeply");
    levels_.push_back({is_object, pointer_.size(), 0, {}});
    return true;
  }
  bool close() {
    pointer_.resize(levels_.back().pointer_bytes);
    levels_.pop_back();
    return true;
  }

  JsonFields& fields_;
  std::vector<Level> levels_;
  std::string pointer_;  // of the value that comes next or has just come
  std::size_t values_ = 0;
  const char* why_ = "it is not JSON";
};

Error invalid(const char* why) { return document_error("read JSON", why); }

}  // namespace

Result<JsonFields> json_fields(std::string_view text) try {
  if (text.size() > kMostBytes) return invalid("it is too long");
  JsonFields fields;
  Events events(fields);
  if (!nlohmann::json::sax_parse(text, &events)) return invalid(events.why());
  return fields;
} catch (const std::exception&) {
  return invalid("it can't be read");
}

std::optional<std::string> string_at(const JsonFields& fields, const std::string& pointer) {
  const auto found = fields.find(pointer);
  return found == fields.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace foldersync
