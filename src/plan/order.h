// The order in which a plan's actions stand and are executed.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "plan/action.h"

namespace foldersync {

// Whether `phase` runs in reverse path order: contents before their directory.
bool is_deepest_first(Phase phase);

// The phase in which the action's own entry comes or goes, whatever else the plan holds.
Phase phase_of(const Action& action);
// An action of that phase.
Action action_of(Op op, RelPath path, ReasonSet reasons, std::optional<Facts> before,
                 std::optional<Facts> after);
// The last one about a directory.
Action finish_of(RelPath path, ReasonSet reasons, Facts before, Facts after);

// Whether `a` stands before `b`: by phase; within a phase in path order, reversed in kClear, kRmdir
// and kFinish (contents before their directory). Total over the actions of a valid plan.
bool stands_before(const Action& a, const Action& b);

// Directories that become something else. None lies in another.
class ReplacedDirectories {
 public:
  void add(const RelPath& path) { paths_.insert(path); }
  [[nodiscard]] bool is_empty() const { return paths_.empty(); }
  // Whether the action deletes something below one of them.
  [[nodiscard]] bool clears(const Action& action) const;

 private:
  std::set<RelPath> paths_;
};

// Whether a directory gives way to something that is none.
bool replaces_directory(const Action& action);

// Moves into kClear the deletions below directories that become something else: they go first.
void clear_what_is_replaced(std::vector<Action>& actions);

// Sorts into that order.
void put_in_order(std::vector<Action>& actions);

}  // namespace foldersync
