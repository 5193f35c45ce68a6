// Rules as people write them: lines in the language of gitignore(5).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace foldersync {

// The rules that stand in the text of a rules file (as --exclude-from reads it): one a line,
// "\n" or "\r\n". Dropped are a UTF-8 byte-order mark at the start, comments, empty lines and the
// spaces that git ignores at the end of a line.
struct RuleLine {
  std::size_t number = 0;  // counted from 1
  std::string rule;
};
std::vector<RuleLine> rules_in(std::string_view text);

// The rule that --exclude GLOB and --include GLOB stand for. The glob is a pattern and nothing
// else: a "!" or "#" at its start and spaces at its end are part of it, so --exclude '!x' excludes
// the file "!x". An empty glob makes a rule that matches nothing.
std::string exclude_rule(std::string_view glob);
std::string include_rule(std::string_view glob);

bool is_comment(std::string_view line);
// Without the spaces at its end that no backslash keeps.
std::string_view without_trailing_spaces(std::string_view line);

}  // namespace foldersync
