#include "apply/check_only.h"

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "apply/stage/window.h"
#include "apply/steps/outcomes.h"
#include "fs/stop.h"

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

  // An error: the plan can't be read.
  Status check(const Numbered& of) {
    const Action& action = of.action;
    if (is_told_to_stop()) return skip(of);
    if (action.phase == Phase::kMkdir) made_.insert(action.path);
    if (is_finish(action) && made_.contains(action.path)) return done(of);
    LookResult look = looker_.look(action);
    looker_.compare_moved(action, look);
    if (outcomes_.report_look(of, look)) return success();
    auto drift = looker_.name_outside(action, look, 0);
    if (!drift && !request_.follow_source && is_staged(action)) {
      drift = looker_.pinned_drift(action, look);
    }
    if (is_told_to_stop()) return skip(of);  // and what was being read is not known
    if (!drift) drift = TRY(leader_drift(action));
    if (!drift) return done(of);
    outcomes_.stale(of, {std::move(*drift)});
    return success();
  }

 private:
  [[nodiscard]] bool is_told_to_stop() const { return foldersync::is_told_to_stop(request_.stop); }
  Status done(const Numbered& of) {
    outcomes_.done(of, Outcome::kOk);
    return success();
  }
  Status skip(const Numbered& of) {
    outcomes_.skip(of);
    return success();
  }

  // Whether an action of phase write gives the path what it shall be.
  Result<bool> is_written(const RelPath& path) {
    const auto stands_before = [&](const Action& action) {
      return action.phase != Phase::kWrite ? action.phase < Phase::kWrite : action.path < path;
    };
    std::uint64_t begin = 0;
    std::uint64_t end = request_.plan.actions.size();
    while (begin < end) {
      const std::uint64_t middle = begin + (end - begin) / 2;
      const auto action = TRY(others_.at(middle));
      if (stands_before(*action)) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    if (begin == request_.plan.actions.size()) return false;
    const auto found = TRY(others_.at(begin));
    return found->phase == Phase::kWrite && found->path == path;
  }

  // Where a name is to be given to something that the plan leaves as it is.
  Result<std::optional<Drift>> leader_drift(const Action& action) {
    const std::optional<Drift> none;
    if (request_.follow_source || !adds_name(action)) return none;
    const auto written = TRY(is_written(*action.other));
    if (written) return none;
    const auto leader = looker_.replica_status(*action.other);
    if (!leader) return none;
    if (*leader && (*leader)->type == action.after->type &&
        (!action.after->size || (*leader)->size == *action.after->size)) {
      return none;
    }
    return std::optional(Drift{
        Side::kReplica, {"link", action.other->bytes(), *leader ? "another file" : "absent"}});
  }

  const ApplyRequest& request_;
  Looker looker_;
  Outcomes outcomes_;
  ActionCursor others_{request_.plan.actions};
  std::set<RelPath> made_;  // directories that earlier actions would make
};

// Keeps what is stale, in the plan's order, but for the actions themselves.
class StaleReports final : public ApplyObserver {
 public:
  void report(const ActionReport& report) override {
    if (report.outcome != Outcome::kStale) return;
    found.push_back(report);
    found.back().action = nullptr;
  }
  void warn(const std::string&) override {}

  std::vector<ActionReport> found;
};

}  // namespace

Status check_only(const ApplyRequest& request, const LookContext& looks, std::size_t max_open) {
  Checker checker(request, looks, max_open, request.observer);
  return for_each_action(request.plan.actions, [&](const Action& action, std::uint64_t seq) {
    return checker.check({action, seq});
  });
}

Result<bool> refuse_if_stale(const ApplyRequest& request, const LookContext& looks,
                             std::size_t max_open) {
  StaleReports stale;
  Checker checker(request, looks, max_open, stale);
  const ActionStore& actions = request.plan.actions;
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t seq) {
    return checker.check({action, seq});
  }));
  if (stale.found.empty()) return false;
  Outcomes outcomes(request.observer, request.follow_source);
  auto next = stale.found.begin();
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t seq) {
    if (next == stale.found.end() || next->seq != seq) {
      return outcomes.done({action, seq}, Outcome::kSkipped);
    }
    next->action = &action;
    request.observer.report(*next++);
  }));
  return true;
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
    const auto action = TRY(cursor.at(index));
    if (!is_done(*action)) return false;
  }
  Outcomes outcomes(request.observer, request.follow_source);
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t seq) {
    outcomes.done({action, seq}, Outcome::kAlready);
  }));
  return true;
}

}  // namespace foldersync
