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

// How much the rules of a set may take together: their own bytes, those of the expressions that are
// made of them, and of memory while they are asked. A set of a person's own has the first of these.
struct RuleBudget {
  std::size_t text_bytes = std::size_t{16} << 20U;
  std::size_t regex_bytes = std::size_t{2} << 20U;
  std::size_t memory_bytes = std::size_t{64} << 20U;
};
inline constexpr RuleBudget kLocalRuleBudget{std::size_t{64} << 10U, std::size_t{32} << 10U,
                                             std::size_t{1} << 20U};

struct RuleSaid {
  bool excluded = false;
  std::size_t index = 0;  // of the rule, counts from 0
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
  std::optional<BrokenRule> compile(const std::vector<std::string>& rules,
                                    const RuleBudget& budget = {});

  [[nodiscard]] bool empty() const { return compiled_ == nullptr; }
  // What the last rule that matches says of an entry, see Filter::excludes(); nothing where none
  // does.
  [[nodiscard]] std::optional<RuleSaid> decide(std::string_view directory, std::string_view name,
                                               bool is_directory) const;

 private:
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace foldersync
