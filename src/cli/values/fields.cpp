#include "cli/values/fields.h"

#include <array>
#include <cstdio>
#include <utility>

#include "cli/values/option_values.h"
#include "core/parts.h"
#include "core/text.h"
#include "format/json_fields.h"
#include "format/json_text.h"

namespace foldersync {
namespace {

constexpr std::string_view kBase64 = "_b64";

}  // namespace

std::string line_of(const Fields& fields) {
  std::string line = "{";
  for (const auto& [name, text] : fields) {
    if (!text.empty()) append_bytes(line, name, text);
  }
  return line + "}";
}

std::optional<Fields> fields_in(std::string_view line) {
  auto strings = json_fields(line);
  if (!strings) return std::nullopt;
  Fields fields;
  for (auto& [pointer, text] : *strings) fields.emplace(pointer.substr(1), std::move(text));
  for (const auto& [pointer, text] : *strings) {
    const std::string name = pointer.substr(1);
    if (!name.ends_with(kBase64)) continue;
    auto bytes = from_base64(fields[name]);
    if (!bytes) return std::nullopt;
    fields[name.substr(0, name.size() - kBase64.size())] = std::move(*bytes);
    fields.erase(name);
  }
  return fields;
}

std::string text_at(const Fields& fields, const std::string& name) {
  const auto field = fields.find(name);
  return field == fields.end() ? std::string() : field->second;
}

std::uint64_t count_at(const Fields& fields, const std::string& name) {
  return number_in<std::uint64_t>(text_at(fields, name)).value_or(0);
}

std::optional<double> seconds_at(const Fields& fields, const std::string& name) {
  return parse_decimal(text_at(fields, name));
}

std::string seconds_text(double seconds) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3f", seconds);
  return text.data();
}

}  // namespace foldersync
