#include "apply/check_only.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "apply/outcomes.h"
#include "apply/window.h"

namespace foldersync {
namespace {

// Says of one action after another, in the plan's order, what would become of it.
class Checker {
 public:
  Checker(const ApplyRequest& request, const LookContext& looks, std::size_t max_open,
          ApplyObserver& observer)
      : request_(request),
        looker_(looks, max_open, false),
        outcomes_(observer, request.follow_source) {}

  void check(const Action& action, std::uint64_t seq) {
    if (request_.stop != nullptr && *request_.stop) return outcomes_.skip(action, seq);
    if (action.phase == Phase::kMkdir) made_.insert(action.path);
    if (action.phase == Phase::kFinish && made_.contains(action.path)) {
      return outcomes_.done(action, seq, Outcome::kOk);
    }
    LookResult look = looker_.look(action);
    looker_.compare_moved(action, look);
    if (outcomes_.settle_look(action, seq, look)) return;
    auto drift = foreign_name(action, look, 0);
    if (!drift && !request_.follow_source && is_staged(action)) {
      drift = looker_.pinned_drift(action, look);
    }
    if (!drift) drift = leader_drift(action);
    if (drift) return outcomes_.stale(action, seq, {std::move(*drift)});
    outcomes_.done(action, seq, Outcome::kOk);
  }

 private:
  // Whether an earlier action gives the path what it shall be.
  [[nodiscard]] bool is_written(const RelPath& path) const {
    const std::vector<Action>& actions = request_.plan.actions;
    const auto by_phase = [](const Action& action, Phase phase) { return action.phase < phase; };
    const auto begin = std::lower_bound(actions.begin(), actions.end(), Phase::kWrite, by_phase);
    const auto end = std::lower_bound(begin, actions.end(), Phase::kDelete, by_phase);
    const auto found = std::lower_bound(
        begin, end, path,
        [](const Action& action, const RelPath& other) { return action.path < other; });
    return found != end && found->path == path;
  }

  // Where a name is to be given to something that the plan leaves as it is.
  std::optional<Drift> leader_drift(const Action& action) {
    if (request_.follow_source || action.op != Op::kLink || is_written(*action.other)) return {};
    const auto leader = looker_.replica_status(*action.other);
    if (!leader) return {};
    if (*leader && (*leader)->type == action.after->type &&
        (!action.after->size || (*leader)->size == *action.after->size)) {
      return {};
    }
    return Drift{Side::kReplica,
                 {"link", action.other->bytes(), *leader ? "another file" : "absent"}};
  }

  const ApplyRequest& request_;
  Looker looker_;
  Outcomes outcomes_;
  std::set<RelPath> made_;  // directories that earlier actions would make
};

// Keeps what is stale, in the plan's order.
class StaleReports final : public ApplyObserver {
 public:
  void report(const ActionReport& report) override {
    if (report.outcome == Outcome::kStale) found.push_back(report);
  }
  void warn(const std::string&) override {}

  std::vector<ActionReport> found;
};

}  // namespace

void check_only(const ApplyRequest& request, const LookContext& looks, std::size_t max_open) {
  Checker checker(request, looks, max_open, request.observer);
  std::uint64_t seq = 0;
  for (const Action& action : request.plan.actions) checker.check(action, ++seq);
}

bool refuse_if_stale(const ApplyRequest& request, const LookContext& looks, std::size_t max_open) {
  StaleReports stale;
  Checker checker(request, looks, max_open, stale);
  std::uint64_t seq = 0;
  for (const Action& action : request.plan.actions) checker.check(action, ++seq);
  if (stale.found.empty()) return false;
  Outcomes outcomes(request.observer, request.follow_source);
  auto next = stale.found.begin();
  seq = 0;
  for (const Action& action : request.plan.actions) {
    if (next != stale.found.end() && next->seq == seq + 1) {
      request.observer.report(*next++);
      ++seq;
    } else {
      outcomes.done(action, ++seq, Outcome::kSkipped);
    }
  }
  return true;
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
