#include "cli/options/in_force.h"

#include <algorithm>
#include <map>

#include "core/text.h"

namespace foldersync {
namespace {

constexpr const char* kCommandLine = "the command line";

// What was given in a place that counts more.
class Claims {
 public:
  void add(const std::string& option, bool is_on, const std::string& origin) {
    claims_.try_emplace(option, Claim{is_on, origin});
  }

  // To what an option gives way; empty: to nothing.
  std::string over(const DeclaredOption& option) const {
    const auto same = claims_.find(option.long_name());
    if (same != claims_.end() && !option.repeats) return same->second.origin;
    for (const std::string& rival : option.rivals) {
      const auto claim = claims_.find(rival);
      if (claim != claims_.end() && claim->second.is_on) {
        return "--" + rival + " of " + claim->second.origin;
      }
    }
    return {};
  }

 private:
  struct Claim {
    bool is_on;  // false: a flag that is not set
    std::string origin;
  };
  std::map<std::string, Claim> claims_;
};

// In quotes, as TOML takes it.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char letter : utf8_rendering(text)) {
    const auto code = static_cast<unsigned char>(letter);
    constexpr unsigned char kFirstPrinted = 0x20;
    constexpr unsigned char kDelete = 0x7f;
    if (letter == '"' || letter == '\\') result += '\\';
    if (code >= kFirstPrinted && code != kDelete) {
      result += letter;
      continue;
    }
    result += "\\u00" + to_hex({&code, 1});
  }
  return result + "\"";
}

std::string value_of(const DeclaredOption& option, const std::string& value) {
  return option.is_flag() && (value == "true" || value == "false") ? value : quoted(value);
}

std::string origin_of(const Setting& setting) {
  return setting.in_file ? setting.origin : setting.name;
}

std::string with_comment(std::string line, const std::string& comment) {
  constexpr std::size_t kAt = 44;
  line.resize(std::max(line.size() + 2, kAt), ' ');
  return line + "# " + comment + "\n";
}

}  // namespace

InForce in_force(const DeclaredCommand& command, const std::vector<Settings>& places,
                 const std::map<std::string, bool>& typed) {
  Claims claims;
  for (const auto& [option, is_on] : typed) claims.add(option, is_on, kCommandLine);
  InForce all;
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    Settings used;
    for (const Setting& setting : *place) {
      const std::string other = claims.over(*command.find(setting.option));
      if (other.empty()) {
        used.push_back(setting);
      } else {
        all.unused.emplace_back(setting, other);
      }
    }
    for (const Setting& setting : used) {
      claims.add(setting.option, setting.value != "false", origin_of(setting));
    }
    all.settings.insert(all.settings.begin(), used.begin(), used.end());
  }
  return all;
}

Result<std::vector<std::string>> words_of(const DeclaredOption& option, const Setting& setting) {
  const std::string name = "--" + setting.option;
  if (!option.is_flag()) return std::vector{name, setting.value};
  if (setting.value == "true") return std::vector{name};
  if (setting.value == "false") return std::vector<std::string>{};
  if (!option.value.empty()) return std::vector{name + "=" + setting.value};
  return usage_error("read options",
                     where(setting) + ": expected true or false, found '" + setting.value + "'");
}

std::string where(const Setting& setting) {
  return setting.in_file ? setting.origin + ": " + setting.name : setting.name;
}

std::string text_of(const DeclaredCommand& command, const InForce& all) {
  std::string text;
  std::vector<std::string> done;
  for (const Setting& setting : all.settings) {
    if (!is_utf8(setting.value)) {
      text += "# what is not UTF-8 can't stand in a file: " + where(setting) + " = '" +
              escaped(setting.value) + "'\n";
      continue;
    }
    const DeclaredOption& option = *command.find(setting.option);
    if (!option.repeats) {
      text += with_comment(setting.option + " = " + value_of(option, setting.value),
                           origin_of(setting));
      continue;
    }
    if (std::find(done.begin(), done.end(), setting.option) != done.end()) continue;
    done.push_back(setting.option);
    text += setting.option + " = [\n";
    for (const Setting& one : all.settings) {
      if (one.option != setting.option || !is_utf8(one.value)) continue;
      text += with_comment("  " + quoted(one.value) + ",", origin_of(one));
    }
    text += "]\n";
  }
  for (const auto& [setting, other] : all.unused) {
    text += "# " + where(setting) + " = " + quoted(setting.value) + " gives way to " + other + "\n";
  }
  return text;
}

}  // namespace foldersync
