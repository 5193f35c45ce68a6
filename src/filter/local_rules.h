// What a directory of the source itself says of the entries that lie in and below it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "filter/rule_set.h"

namespace foldersync {

struct LocalSaid {
  bool excluded = false;
  bool by_mark = false;        // else by a rule
  std::string_view directory;  // where it stands
};

// Immutable once made; any number of threads may ask at a time. Each keeps those above it alive.
class LocalRules {
 public:
  // What stands in a directory (bytes as in RelPath): the text of its files of rules, in the order
  // in which they count, and the names that mark it, see --exclude-if-present.
  struct Found {
    std::string directory;
    std::vector<std::string> texts;
    std::vector<std::string> marks;
  };

  // `above`: of the nearest directory above that says something; null: none does.
  // Error kUnsupported: the rules can't be used, or there are files of them in more than 64
  // directories above each other; whoever writes into the source decides about it.
  static Result<std::shared_ptr<const LocalRules>> make(
      const Found& found, const std::shared_ptr<const LocalRules>& above);

  // What a mark or a rule says of an entry: the rules of the nearest directory first, as git does
  // with its .gitignore. As Filter::excludes().
  [[nodiscard]] std::optional<LocalSaid> decide(std::string_view directory, std::string_view name,
                                                bool is_directory) const;

 private:
  std::string directory_;
  RuleSet rules_;
  std::vector<std::string> marks_;  // where there is one, nothing else of the directory takes part
  std::shared_ptr<const LocalRules> above_;
  std::size_t depth_ = 1;  // with those above
};

}  // namespace foldersync
