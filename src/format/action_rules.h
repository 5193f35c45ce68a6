// What the plan document allows within an action and between actions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/result.h"
#include "plan/action.h"
#include "plan/action_store.h"
#include "plan/plan.h"

namespace foldersync {

// Longest path in a document, in bytes.
inline constexpr std::size_t kMaxPathBytes = std::size_t{1} << 20U;

// The rule of the format that `action` breaks for itself, as a clause for people; nullptr: none.
// docs/plan-format.md has the same rules as a table.
const char* broken_rule(const Action& action);

// Which rules are asked that hold between all actions of a plan.
enum class Across : std::uint8_t {
  kAll,
  kOrigins,  // only that a file goes from where another action takes it over
};

// The rules between actions: their order, and that `path` (but for one `finish` each) and `from`
// are unique. Costs a few path comparisons for each action. Memory: every `from`, and a block of
// the store for each phase.
class SequenceRules {
 public:
  // Requires: `earlier` outlives it.
  explicit SequenceRules(const ActionStore& earlier) : earlier_(earlier) {}

  // The rule that `next`, which keeps the rules of its own, breaks after those before it; nullptr:
  // none. An error: the store can't be read.
  // Requires: `earlier` holds all actions that were asked about before, in that order.
  Result<const char*> broken_by(const Action& next);

  // The rule that all of them break together, in a plan with these problems; nullptr: none. An
  // error as above. Reads them once more where one takes a file over or moves a directory, and
  // where there are problems. Requires: `earlier` holds all actions that were asked about. To be
  // called once.
  Result<const char*> broken_in_the_end(const std::vector<Problem>& problems, Across across);

 private:
  void enter(Phase phase);
  Result<const char*> clash(const Action& next);

  // The actions of one earlier phase that may still have a path equal to one of this phase.
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  const ActionStore& earlier_;
  std::array<Range, kPhases.size()> bounds_{};   // all actions of each phase so far
  std::array<Range, kPhases.size()> pending_{};  // those that the current phase hasn't passed
  std::array<std::optional<ActionCursor>, kPhases.size()> cursors_;  // of those
  Phase phase_ = Phase::kClear;
  std::optional<Action> last_;
  std::set<std::string> origins_;  // every `from` so far
  std::set<RelPath> unmet_;        // of creations and updates: where a file has to go from
  std::vector<RelPath> moved_;     // directories: where from and where to
  std::set<RelPath> unfinished_;   // of those where to, without their finish
};

}  // namespace foldersync
