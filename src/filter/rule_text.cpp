#include "filter/rule_text.h"

#include <algorithm>

#include "core/parts.h"

namespace foldersync {
namespace {

// A glob as the end of a rule's text, so that nothing is trimmed off it.
std::string with_spaces_kept(std::string_view glob) {
  std::string rule(without_trailing_spaces(glob));
  for (std::size_t spaces = glob.size() - rule.size(); spaces > 0; --spaces) rule += "\\ ";
  return rule;
}

}  // namespace

bool is_comment(std::string_view line) { return line.starts_with('#'); }

std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;  // behind the last byte that stays
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') continue;
    if (line[i] == '\\') ++i;
    end = std::min(i + 1, line.size());
  }
  return line.substr(0, end);
}

std::vector<RuleLine> rules_in(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<RuleLine> rules;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view rule = without_trailing_spaces(line);
    if (!rule.empty() && !is_comment(rule)) rules.push_back({number, std::string(rule)});
  }
  return rules;
}

std::string exclude_rule(std::string_view glob) {
  const bool is_special = glob.starts_with('!') || glob.starts_with('#');
  return (is_special ? "\\" : "") + with_spaces_kept(glob);
}

std::string include_rule(std::string_view glob) { return "!" + with_spaces_kept(glob); }

}  // namespace foldersync
