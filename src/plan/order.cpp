#include "plan/order.h"

#include <algorithm>
#include <set>

namespace foldersync {

bool is_deepest_first(Phase phase) {
  return phase == Phase::kClear || phase == Phase::kRmdir || phase == Phase::kFinish;
}

bool stands_before(const Action& a, const Action& b) {
  if (a.phase != b.phase) return a.phase < b.phase;
  return is_deepest_first(a.phase) ? b.path < a.path : a.path < b.path;
}

void clear_what_is_replaced(std::vector<Action>& actions) {
  std::set<RelPath> replaced;
  for (const Action& action : actions) {
    if (action.op != Op::kDelete && action.before && action.before->type == FileType::kDirectory &&
        action.after && action.after->type != FileType::kDirectory) {
      replaced.insert(action.path);
    }
  }
  if (replaced.empty()) return;
  for (Action& action : actions) {
    if (action.op != Op::kDelete) continue;
    // The last replaced path that is not behind this one is the only one that can hold it.
    auto candidate = replaced.upper_bound(action.path);
    if (candidate == replaced.begin()) continue;
    if (action.path.is_within(*--candidate)) action.phase = Phase::kClear;
  }
}

void put_in_order(std::vector<Action>& actions) {
  std::sort(actions.begin(), actions.end(), stands_before);
}

}  // namespace foldersync
