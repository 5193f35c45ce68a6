#include "filter/rule_advice.h"

#include "filter/glob.h"
#include "filter/rule_text.h"

namespace foldersync {
namespace {

bool is_or_lies_in(std::string_view path, std::string_view folder) {
  if (folder.empty() || folder == "/") return false;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool has_component(std::string_view pattern, std::string_view name) {
  while (!pattern.empty()) {
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    if (pattern.substr(0, end) == name) return true;
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  return false;
}

// What is wrong with a pattern, or nothing.
std::string trouble_with(std::string_view pattern, std::string_view source) {
  if (pattern.empty() || pattern == "/") return "matches nothing, since it is empty";
  if (pattern.starts_with("- ") || pattern.starts_with("+ ")) {
    return "is a pattern as it stands, of names that begin with \"" +
           std::string(pattern.substr(0, 2)) +
           "\": \"-\" and \"+\" are rsync's; to leave out, write "
           "the pattern alone, and \"!\" before it to take it back";
  }
  if (pattern.starts_with("./")) {
    return "matches nothing, since no path begins with \"./\"; write \"/" +
           std::string(pattern.substr(2)) + "\"";
  }
  if (is_or_lies_in(pattern, source)) {
    return "matches nothing, since paths begin in the source; write \"/" +
           std::string(pattern.substr(std::min(source.size() + 1, pattern.size()))) + "\"";
  }
  if (has_component(pattern, "..") || has_component(pattern, ".") ||
      pattern.find("//") != std::string_view::npos) {
    return "matches nothing, since no path below the source has such a part; write it without "
           "\".\", \"..\" and \"//\"";
  }
  if (pattern.ends_with('/')) pattern.remove_suffix(1);
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  if (!read_glob(pattern)) {
    return "matches nothing, since a bracket is open or a backslash stands at its end; write a "
           "backslash before what is to be taken as it is";
  }
  return {};
}

}  // namespace

std::vector<RuleAdvice> advice_on(const std::vector<std::string>& rules, std::string_view source) {
  std::vector<RuleAdvice> all;
  bool excludes_some = false;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (is_comment(rules[i])) continue;
    std::string_view pattern = without_trailing_spaces(rules[i]);
    const bool includes = pattern.starts_with('!');
    if (includes) pattern.remove_prefix(1);
    std::string text = trouble_with(pattern, source);
    if (text.empty() && includes && !excludes_some) {
      text =
          "changes nothing, since nothing is left out before it; put it behind the rule that it "
          "is to take something back from";
    }
    excludes_some = excludes_some || !includes;
    if (!text.empty()) all.push_back({i, std::move(text)});
  }
  return all;
}

}  // namespace foldersync
