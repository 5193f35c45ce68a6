// The byte form that the digest is computed over; docs/plan-format.md describes it. Each part says
// where it ends, so that no two documents have one byte form.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_time.h"

namespace foldersync::bytes {

void put_number(std::string& out, std::uint64_t number);  // n(x)
void put_flag(std::string& out, bool value);              // f(x)
void put_text(std::string& out, std::string_view bytes);  // s(x)
void put_time(std::string& out, FileTime time);           // t(x)
template <class Texts>
void put_texts(std::string& out, const Texts& texts) {  // l(s(x))
  put_number(out, texts.size());
  for (const std::string_view text : texts) put_text(out, text);
}

}  // namespace foldersync::bytes

namespace foldersync {

// A value of a field that came after version 1.0, in the one form that every program can compute,
// also one that does not know the field. An empty string: the value says what its absence says.
class LaterValue {
 public:
  LaterValue() = default;  // null
  explicit LaterValue(bool value);
  explicit LaterValue(std::uint64_t number);
  explicit LaterValue(std::string_view text);
  static LaterValue list(const std::vector<LaterValue>& elements);
  // Members that say their default are left out. Requires: names are unique.
  static LaterValue object(const std::map<std::string, LaterValue>& members);

  // null, false, 0, "", an empty list, an object without members that say anything.
  [[nodiscard]] bool is_default() const { return is_default_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  LaterValue(std::string bytes, bool is_default)
      : bytes_(std::move(bytes)), is_default_(is_default) {}

  std::string bytes_ = "z";
  bool is_default_ = true;
};

// The later fields of a header or of an action: path from there ("options.min_age",
// "problems.3.hint", "after.btime"), and the value's bytes. Those that say their default are not in
// it.
using LaterFields = std::map<std::string, std::string>;

// The block that stands after what version 1.0 has; nothing where there are none.
void put_later(std::string& out, const LaterFields& fields);

}  // namespace foldersync
