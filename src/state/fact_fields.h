// A fact of several fields as one text: one field a line, each as base64, so that any bytes go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/parts.h"
#include "core/text.h"

namespace foldersync {

inline void put_field(std::string& text, std::string_view field) {
  text += to_base64(field) + "\n";
}

inline void put_field(std::string& text, const std::vector<std::string>& fields) {
  put_field(text, std::to_string(fields.size()));
  for (const std::string& field : fields) put_field(text, field);
}

// Takes fields from the front of a text; remembers whether one was missing.
class FactFields {
 public:
  // The text must outlive the object.
  explicit FactFields(std::string_view text) : text_(text) {}

  std::string next() {
    const std::size_t end = text_.find('\n');
    const auto field =
        end == std::string_view::npos ? std::nullopt : from_base64(text_.substr(0, end));
    require(field.has_value());
    if (!field) return {};
    text_.remove_prefix(end + 1);
    return *field;
  }

  template <class Number = std::uint64_t>
  Number number() {
    const auto value = number_in<Number>(next());
    require(value.has_value());
    return value.value_or(0);
  }

  std::vector<std::string> list() {
    std::vector<std::string> fields;
    for (auto count = number(); ok_ && count > 0; --count) fields.push_back(next());
    return fields;
  }

  // False once something was missing, or not as it must be.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool has_more() const { return ok_ && !text_.empty(); }
  void require(bool holds) { ok_ = ok_ && holds; }

 private:
  std::string_view text_;
  bool ok_ = true;
};

}  // namespace foldersync
