// Rules that can't do what whoever wrote them meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace foldersync {

struct RuleAdvice {
  std::size_t index = 0;  // of the rule, from 0
  std::string text;       // a clause of which the rule is the subject, and what to write instead
};

// Of rules in their order, as Filter::compile() takes them: which can't match anything, or change
// nothing. `source`: the absolute path of the folder that they are about.
std::vector<RuleAdvice> advice_on(const std::vector<std::string>& rules, std::string_view source);

}  // namespace foldersync
