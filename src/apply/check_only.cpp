#include "apply/check_only.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "apply/outcomes.h"

namespace foldersync {

Status check_only(const ApplyRequest& request, const LookContext& looks, std::size_t max_open) {
  Looker looker(looks, max_open, false);
  Outcomes outcomes(request.observer, request.follow_source);
  std::set<RelPath> made;  // directories that earlier actions would make
  const auto check = [&](const Action& action, std::uint64_t seq) {
    if (request.stop != nullptr && *request.stop) {
      return outcomes.done(action, seq, Outcome::kSkipped);  // and so are all others
    }
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
  return for_each_action(request.plan.actions, check);
}

Result<bool> tell_if_done(const ApplyRequest& request, const LookContext& looks,
                          std::size_t max_open) {
  Looker looker(looks, max_open, false);
  const auto is_done = [&](const Action& action) {
    const bool stopped = request.stop != nullptr && *request.stop;
    return !stopped && looker.look(action).finding == Finding::kAlready;
  };
  const ActionStore& actions = request.plan.actions;
  ActionCursor cursor(actions);
  for (std::uint64_t index = 0; index < actions.size(); ++index) {
    const auto action = cursor.at(index);
    if (!action) return action.error();
    if (!is_done(**action)) return false;
  }
  Outcomes outcomes(request.observer, request.follow_source);
  Status told = for_each_action(actions, [&](const Action& action, std::uint64_t seq) {
    outcomes.done(action, seq, Outcome::kAlready);
  });
  if (!told) return told.error();
  return true;
}

}  // namespace foldersync
