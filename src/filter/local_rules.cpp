#include "filter/local_rules.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "filter/rule_text.h"

namespace foldersync {
namespace {

// As seen from `top`, which is `directory` or above it.
std::string_view below(std::string_view top, std::string_view directory) {
  if (directory.size() == top.size()) return {};
  return directory.substr(top.empty() ? 0 : top.size() + 1);
}

}  // namespace

Result<std::shared_ptr<const LocalRules>> LocalRules::make(
    const Found& found, const std::shared_ptr<const LocalRules>& above) {
  // With the memory that each may take (kLocalRuleBudget), 64 MiB.
  constexpr std::size_t kMost = 64;
  LocalRules made;
  made.directory_ = found.directory;
  made.marks_ = found.marks;
  made.above_ = above;
  made.depth_ = above != nullptr ? above->depth_ + 1 : 1;
  if (made.depth_ > kMost) return system_error("read rules in so many directories", E2BIG);
  std::vector<std::string> rules;
  for (const std::string& text : found.texts) {
    for (RuleLine& line : rules_in(text)) rules.push_back(std::move(line.rule));
  }
  if (const auto broken = made.rules_.compile(rules, kLocalRuleBudget)) {
    return system_error("use a rule", EINVAL);
  }
  return std::make_shared<const LocalRules>(std::move(made));
}

std::optional<LocalSaid> LocalRules::decide(std::string_view directory, std::string_view name,
                                            bool is_directory) const {
  const bool is_marked = !marks_.empty() && directory == directory_;
  if (is_marked && std::find(marks_.begin(), marks_.end(), name) == marks_.end()) {
    return LocalSaid{.excluded = true, .by_mark = true, .directory = directory_};
  }
  for (const LocalRules* rules = this; rules != nullptr; rules = rules->above_.get()) {
    const auto said = rules->rules_.decide(below(rules->directory_, directory), name, is_directory);
    if (said) {
      return LocalSaid{
          .excluded = said->excluded, .by_mark = false, .directory = rules->directory_};
    }
  }
  return std::nullopt;
}

}  // namespace foldersync
