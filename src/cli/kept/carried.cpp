#include "cli/kept/carried.h"

#include <optional>
#include <utility>

#include "core/text.h"

namespace foldersync {
namespace {

constexpr std::string_view kEnd = ".\n";

// The line without its end; nothing where that is missing.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

bool Carried::is_first(const std::string& event) {
  return facts_.emplace("told " + event, "yes").second;
}

std::string Carried::get(const std::string& key) const {
  const auto fact = facts_.find(key);
  return fact == facts_.end() ? std::string() : fact->second;
}

void Carried::set(const std::string& key, std::string value) {
  if (value.empty()) {
    facts_.erase(key);
  } else {
    facts_.insert_or_assign(key, std::move(value));
  }
}

std::string Carried::text() const {
  std::string text;
  for (const auto& [key, value] : facts_) text += to_base64(key) + ' ' + to_base64(value) + '\n';
  return text.append(kEnd);
}

void Carried::take(std::string_view text) {
  if (text != kEnd && !text.ends_with("\n.\n")) return;
  text.remove_suffix(kEnd.size());
  std::map<std::string, std::string> facts;
  while (const auto line = take_line(text)) {
    const std::size_t space = line->find(' ');
    if (space == std::string_view::npos) return;
    auto key = from_base64(line->substr(0, space));
    auto value = from_base64(line->substr(space + 1));
    if (!key || !value) return;
    facts.insert_or_assign(std::move(*key), std::move(*value));
  }
  facts_ = std::move(facts);
}

}  // namespace foldersync
