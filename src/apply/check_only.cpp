#include "apply/check_only.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "apply/outcomes.h"

namespace foldersync {

void check_only(const ApplyRequest& request, const LookContext& looks, std::size_t max_open) {
  Looker looker(looks, max_open, false);
  Outcomes outcomes(request.observer, request.follow_source);
  std::set<RelPath> made;  // directories that earlier actions would make
  const auto check = [&](const Action& action, std::uint64_t seq) {
    if (request.stop != nullptr && *request.stop) return outcomes.skip(action, seq);
    if (action.phase == Phase::kMkdir) made.insert(action.path);
    if (action.phase == Phase::kFinish && made.contains(action.path)) {
      return outcomes.done(action, seq, Outcome::kOk);
    }
    const LookResult look = looker.look(action);
    if (outcomes.settle_look(action, seq, look)) return;
    if (auto drift = foreign_name(action, look, 0)) {
      return outcomes.stale(action, seq, {std::move(*drift)});
    }
    outcomes.done(action, seq, Outcome::kOk);
  };
  std::uint64_t seq = 0;
  for (const Action& action : request.plan.actions) check(action, ++seq);
}

bool tell_if_done(const ApplyRequest& request, const LookContext& looks, std::size_t max_open) {
  Looker looker(looks, max_open, false);
  const auto is_done = [&](const Action& action) {
    const bool stopped = request.stop != nullptr && *request.stop;
    return !stopped && looker.look(action).finding == Finding::kAlready;
  };
  const std::vector<Action>& actions = request.plan.actions;
  if (!std::all_of(actions.begin(), actions.end(), is_done)) return false;
  Outcomes outcomes(request.observer, request.follow_source);
  std::uint64_t seq = 0;
  for (const Action& action : actions) outcomes.done(action, ++seq, Outcome::kAlready);
  return true;
}

}  // namespace foldersync
