// What the plan document allows within an action and between actions.
#pragma once

#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "plan/action.h"

namespace foldersync {

// Longest path in a document, in bytes.
inline constexpr std::size_t kMaxPathBytes = std::size_t{1} << 20U;

// The rule of the format that `action` breaks for itself, as a clause for people; nullptr: none.
// docs/plan-format.md has the same rules as a table.
const char* broken_rule(const Action& action);

// The rules between actions: their order, and that `path` (but for one `finish` each) and `from`
// are unique. Costs a few path comparisons for each action.
class SequenceRules {
 public:
  // The rule that `next`, which keeps the rules of its own, breaks after `earlier`; nullptr: none.
  // Requires: `earlier` are all actions that were asked about before, in that order.
  const char* broken_by(const Action& next, const std::vector<Action>& earlier);

 private:
  void enter(Phase phase, const std::vector<Action>& earlier);
  const char* clash(const Action& next, const std::vector<Action>& earlier);

  // The actions of one earlier phase that may still have a path equal to one of this phase.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::array<Range, kPhases.size()> bounds_{};   // all actions of each phase so far
  std::array<Range, kPhases.size()> pending_{};  // those that the current phase hasn't passed
  Phase phase_ = Phase::kClear;
  std::set<std::string> origins_;  // every `from` so far
};

}  // namespace foldersync
