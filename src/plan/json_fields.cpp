#include "plan/json_fields.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <exception>
#include <set>
#include <utility>
#include <vector>

namespace foldersync {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

// Notices a key that an object has twice: the library takes the last one.
class Keys {
 public:
  bool note(int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    const auto level = static_cast<std::size_t>(depth) + (event == Event::object_start ? 1 : 0);
    if (level >= seen_.size()) seen_.resize(level + 1);
    if (event == Event::object_start) seen_[level].clear();
    if (event == Event::key && !seen_[level].insert(parsed.get<std::string>()).second) {
      has_repeated_ = true;
    }
    return true;
  }
  [[nodiscard]] bool has_repeated() const { return has_repeated_; }

 private:
  std::vector<std::set<std::string>> seen_;  // of the objects that have not ended, by their depth
  bool has_repeated_ = false;
};

Error invalid(const char* why) {
  return Error{ErrorCode::kInvalidDocument, "read JSON", {}, 0, why};
}

}  // namespace

Result<JsonFields> json_fields(std::string_view text) try {
  if (text.size() > kMostBytes) return invalid("it is too long");
  Keys keys;
  const auto document = nlohmann::json::parse(
      text,
      [&keys](int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
        return keys.note(depth, event, parsed);
      },
      /*allow_exceptions=*/false);
  if (document.is_discarded()) return invalid("it is not JSON");
  if (keys.has_repeated()) return invalid("it has a key twice");
  const auto flat = document.flatten();
  JsonFields fields;
  for (const auto& [pointer, value] : flat.items()) {
    if (value.is_string()) fields.emplace(pointer, value.get<std::string>());
  }
  return fields;
} catch (const std::exception&) {
  return invalid("it can't be read");
}

std::optional<std::string> string_at(const JsonFields& fields, const std::string& pointer) {
  const auto found = fields.find(pointer);
  return found == fields.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace foldersync
