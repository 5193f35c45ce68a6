// Compiled rules, by how they are asked.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foldersync {

// A rule that can't be used.
struct BrokenRule {
  std::size_t index = 0;  // counts from 0
  const char* why = "";   // a clause for people, of which the rule is the subject
};

// See Filter.
class RuleSet {
 public:
  struct Compiled;

  RuleSet();  // excludes nothing
  ~RuleSet();
  RuleSet(RuleSet&&) noexcept;
  RuleSet& operator=(RuleSet&&) noexcept;

  // Takes the place of what was there, but for a rule that can't be used, which is the answer.
  std::optional<BrokenRule> compile(const std::vector<std::string>& rules);

  [[nodiscard]] bool empty() const { return compiled_ == nullptr; }
  // As Filter::excludes().
  [[nodiscard]] bool excludes(std::string_view directory, std::string_view name,
                              bool is_directory) const;

 private:
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace foldersync
