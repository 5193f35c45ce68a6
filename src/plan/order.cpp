#include "plan/order.h"

#include <algorithm>

namespace foldersync {

bool is_deepest_first(Phase phase) {
  return phase == Phase::kClear || phase == Phase::kRmdir || phase == Phase::kFinish;
}

bool stands_before(const Action& a, const Action& b) {
  if (a.phase != b.phase) return a.phase < b.phase;
  return is_deepest_first(a.phase) ? b.path < a.path : a.path < b.path;
}

void put_in_order(std::vector<Action>& actions) {
  std::sort(actions.begin(), actions.end(), stands_before);
}

}  // namespace foldersync
