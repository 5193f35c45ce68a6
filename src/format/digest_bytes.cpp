#include "format/digest_bytes.h"

#include <array>
#include <cstddef>

namespace foldersync::bytes {

void put_number(std::string& out, std::uint64_t number) {
  std::array<char, 8> digits{};
  for (std::size_t i = digits.size(); i-- > 0; number >>= 8U) {
    digits[i] = static_cast<char>(static_cast<unsigned char>(number));
  }
  out.append(digits.data(), digits.size());
}

void put_flag(std::string& out, bool value) { out += value ? '\1' : '\0'; }

void put_text(std::string& out, std::string_view bytes) {
  put_number(out, bytes.size());
  out += bytes;
}

void put_time(std::string& out, FileTime time) {
  put_number(out, static_cast<std::uint64_t>(time.seconds));
  put_number(out, time.nanoseconds);
}

}  // namespace foldersync::bytes

namespace foldersync {

LaterValue::LaterValue(bool value) : bytes_(value ? "t" : "f"), is_default_(!value) {}

LaterValue::LaterValue(std::uint64_t number) : bytes_("n"), is_default_(number == 0) {
  bytes::put_number(bytes_, number);
}

LaterValue::LaterValue(std::string_view text) : bytes_("s"), is_default_(text.empty()) {
  bytes::put_text(bytes_, text);
}

LaterValue LaterValue::list(const std::vector<LaterValue>& elements) {
  std::string whole = "l";
  bytes::put_number(whole, elements.size());
  for (const LaterValue& element : elements) whole += element.bytes();
  return {std::move(whole), elements.empty()};
}

LaterValue LaterValue::object(const std::map<std::string, LaterValue>& members) {
  std::string parts;
  std::uint64_t count = 0;
  for (const auto& [name, value] : members) {
    if (value.is_default()) continue;
    bytes::put_text(parts, name);
    parts += value.bytes();
    ++count;
  }
  std::string whole = "o";
  bytes::put_number(whole, count);
  return {std::move(whole.append(parts)), count == 0};
}

// What may follow without it begins with a byte 0 or 1, or is the end.
void put_later(std::string& out, const LaterFields& fields) {
  constexpr char kMark = '\2';
  if (fields.empty()) return;
  out += kMark;
  bytes::put_number(out, fields.size());
  for (const auto& [path, value] : fields) {
    bytes::put_text(out, path);
    out += value;
  }
}

}  // namespace foldersync
