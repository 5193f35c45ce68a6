#include "format/growth.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/text.h"
#include "format/tables.h"
#include "plan/guard.h"

namespace foldersync {
namespace {

// The reasons that came after version 1.0.
struct ReasonFeature {
  std::string_view name;
  bool LaterUses::*is_used;
};
constexpr std::array kReasonFeatures{
    ReasonFeature{"actions.reason=decay", &LaterUses::decay},
    ReasonFeature{"actions.reason=excluded", &LaterUses::excluded}};

bool is_word_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

std::string quoted(const std::string& name) { return "\"" + escaped(name) + "\""; }

// Calls visit(path, value, since) for each later field of the header that says something.
template <class Visit>
void visit_later_of(const PlanHeader& plan, const Visit& visit) {
  visit_later<RootTable>(plan.source, "source.", visit);
  visit_later<RootTable>(plan.replica, "replica.", visit);
  visit_later<OptionsTable>(plan.options, "options.", visit);
}

// What came after version 1.0, of all objects.
std::set<std::string, std::less<>> later_features() {
  std::set<std::string, std::less<>> names;
  for (const ReasonFeature& feature : kReasonFeatures) names.emplace(feature.name);
  const auto add = [&](const std::string& path, Since since) {
    if (since != Since::kFirst) names.insert(path);
  };
  visit_paths<RootTable>("source.", add);
  visit_paths<RootTable>("replica.", add);
  visit_paths<OptionsTable>("options.", add);
  return names;
}

LaterValue list_of(const std::vector<std::string>& names) {
  std::vector<LaterValue> elements;
  for (const std::string& name : names) elements.emplace_back(std::string_view(name));
  return LaterValue::list(elements);
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::binary_search(names.begin(), names.end(), name);
}

}  // namespace

std::string version_text(std::uint32_t minor) {
  return std::to_string(kMajorVersion) + "." + std::to_string(minor);
}

std::optional<std::uint32_t> parse_version(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return std::nullopt;
  std::uint32_t minor = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + point + 1, end, minor);
  constexpr std::uint32_t kHighest = 999'999'999;
  if (error != std::errc{} || minor > kHighest || version_text(minor) != text) return std::nullopt;
  return minor;
}

Announcement announcement_of(const PlanHeader& plan, LaterUses uses) {
  Announcement announced;
  for (const ReasonFeature& feature : kReasonFeatures) {
    if (uses.*feature.is_used) announced.needs.emplace_back(feature.name);
  }
  visit_later_of(plan, [&](const std::string& path, const LaterValue&, Since since) {
    (since == Since::kNeeded ? announced.needs : announced.ignorable).push_back(path);
  });
  for (const Guard& guard : plan.guards) {
    if (is_later_rule(guard.rule)) announced.ignorable.push_back("guards.rule=" + guard.rule);
  }
  std::sort(announced.needs.begin(), announced.needs.end());
  std::sort(announced.ignorable.begin(), announced.ignorable.end());
  return announced;
}

std::uint32_t version_of(const Announcement& announced, LaterUses uses) {
  return announced == Announcement() && !uses.lone_id ? 0 : kMinorVersion;
}

LaterFields later_fields(const PlanHeader& plan, const Announcement& announced) {
  LaterFields fields;
  visit_later_of(plan, [&](const std::string& path, const LaterValue& value, Since) {
    fields.emplace(path, value.bytes());
  });
  if (!announced.needs.empty()) fields.emplace("needs", list_of(announced.needs).bytes());
  if (!announced.ignorable.empty()) {
    fields.emplace("ignorable", list_of(announced.ignorable).bytes());
  }
  return fields;
}

bool is_field_name(std::string_view name) {
  constexpr std::size_t kMaxBytes = 64;
  return !name.empty() && name.size() <= kMaxBytes && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), is_word_byte);
}

// Fields joined by points, and perhaps a word after an equals sign, which may have hyphens.
bool is_feature_name(std::string_view name) {
  constexpr std::size_t kMaxBytes = 255;
  if (name.size() > kMaxBytes) return false;
  const std::size_t equals = name.find('=');
  if (equals != std::string_view::npos) {
    const std::string_view word = name.substr(equals + 1);
    const bool is_word = std::all_of(word.begin(), word.end(),
                                     [](char byte) { return is_word_byte(byte) || byte == '-'; });
    if (word.empty() || !is_word) return false;
    name = name.substr(0, equals);
  }
  for (;;) {
    const std::size_t point = std::min(name.find('.'), name.size());
    if (!is_field_name(name.substr(0, point))) return false;
    if (point == name.size()) return true;
    name.remove_prefix(point + 1);
  }
}

bool knows_feature(std::string_view name) {
  static const auto names = later_features();
  return names.contains(name);
}

std::string broken_announcement(const Announcement& announced, const Announcement& known,
                                const std::set<std::string>& unknown) {
  for (const std::string& name : announced.ignorable) {
    if (holds(announced.needs, name)) return quoted(name) + " is needed and ignorable";
  }
  for (const std::string& name : known.needs) {
    if (!holds(announced.needs, name)) return quoted(name) + " is here and not among \"needs\"";
  }
  for (const std::string& name : known.ignorable) {
    if (!holds(announced.ignorable, name)) {
      return quoted(name) + " is here and not among \"ignorable\"";
    }
  }
  for (const std::string& name : unknown) {
    if (!holds(announced.ignorable, name)) {
      return quoted(name) + " is unknown to this program, and not among \"ignorable\"";
    }
  }
  return {};
}

}  // namespace foldersync
