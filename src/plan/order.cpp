#include "plan/order.h"

#include <algorithm>
#include <utility>

namespace foldersync {

bool is_deepest_first(Phase phase) {
  return phase == Phase::kClear || phase == Phase::kRmdir || phase == Phase::kFinish;
}

Phase phase_of(const Action& action) {
  if (action.after) return is_directory(action.after) ? Phase::kMkdir : Phase::kWrite;
  return is_directory(action.before) ? Phase::kRmdir : Phase::kDelete;
}

Action action_of(Op op, RelPath path, ReasonSet reasons, std::optional<Facts> before,
                 std::optional<Facts> after) {
  Action action{.op = op,
                .path = std::move(path),
                .other = {},
                .reasons = reasons,
                .before = std::move(before),
                .after = std::move(after)};
  action.phase = phase_of(action);
  return action;
}

Action finish_of(RelPath path, ReasonSet reasons, Facts before, Facts after) {
  Action action =
      action_of(Op::kMetadata, std::move(path), reasons, std::move(before), std::move(after));
  action.phase = Phase::kFinish;
  return action;
}

bool stands_before(const Action& a, const Action& b) {
  if (a.phase != b.phase) return a.phase < b.phase;
  return is_deepest_first(a.phase) ? b.path < a.path : a.path < b.path;
}

bool ReplacedDirectories::clears(const Action& action) const {
  if (!removes_entry(action) || paths_.empty()) return false;
  // The last path that is not behind this one is the only one that can hold it.
  auto candidate = paths_.upper_bound(action.path);
  return candidate != paths_.begin() && action.path.is_within(*--candidate);
}

bool replaces_directory(const Action& action) {
  return !removes_entry(action) && is_directory(action.before) && action.after &&
         !is_directory(action.after);
}

void clear_what_is_replaced(std::vector<Action>& actions) {
  ReplacedDirectories replaced;
  for (const Action& action : actions) {
    if (replaces_directory(action)) replaced.add(action.path);
  }
  for (Action& action : actions) {
    if (replaced.clears(action)) action.phase = Phase::kClear;
  }
}

void put_in_order(std::vector<Action>& actions) {
  std::sort(actions.begin(), actions.end(), stands_before);
}

}  // namespace foldersync
