#include "plan/arrange.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/subtrees.h"
#include "plan/order.h"

namespace foldersync {
namespace {

using PathSet = std::set<RelPath>;

// `kept` and all directories above them, but for the root.
PathSet with_ancestors(std::vector<RelPath> kept) {
  PathSet result;
  for (RelPath& path : kept) {
    while (!path.is_root() && result.insert(path).second) path = path.parent();
  }
  return result;
}

// Whether the action gives its directory another entry or takes one away.
bool changes_parent(const Action& action) {
  return action.phase != Phase::kFinish && !sets_metadata(action) && !action.path.is_root();
}

bool only_children_ask(const Action& action) {
  return is_finish(action) && action.reasons == ReasonSet{Reason::kChildren};
}

class Arrangement {
 public:
  Arrangement(Unarranged found, const Spooling& spooling)
      : found_(std::move(found)),
        spooling_(spooling),
        kept_(with_ancestors(std::move(found_.kept))),
        doubtful_(found_.doubtful.begin(), found_.doubtful.end()),
        cleared_(spooling) {
    result_.actions = ActionStore(spooling);
  }

  Result<Arranged> run() {
    find_blocked();
    ActionRuns more(spooling_);
    TRY(more.take(found_.more));
    found_.runs.push_back(std::move(more));
    TRY(look_ahead());
    ActionMerge merge;
    for (const ActionRuns& runs : found_.runs) merge.add(runs);
    merge.add(cleared_);
    for (;;) {
      const auto next = TRY(merge.next());
      if (next == nullptr) break;
      TRY(take(*next));
    }
    TRY(end_with_root());
    return std::move(result_);
  }

 private:
  void find_blocked() {
    for (const Action& action : found_.more) {
      if (replaces_directory(action)) found_.replaced.push_back(action.path);
    }
    std::vector<RelPath>& blocked = result_.blocked;
    for (const RelPath& path : found_.replaced) {
      if (kept_.contains(path)) blocked.push_back(path);
    }
    // A link to what can't be made can't be made either.
    const Subtrees leaders(blocked);
    for (const Action& action : found_.more) {
      if (adds_name(action) && action.other && leaders.hold(*action.other)) {
        blocked.push_back(action.path);
      }
    }
    std::sort(blocked.begin(), blocked.end());
    blocked_ = Subtrees(blocked);
    for (const RelPath& path : found_.replaced) {
      if (!blocked_.hold(path)) replaced_.add(path);
    }
  }

  [[nodiscard]] bool is_taken_out(const Action& action) const {
    if (blocked_.hold(action.path)) return true;
    return removes_entry(action) && kept_.contains(action.path);
  }

  // What has to be known before the first action is put into its place.
  Status look_ahead() {
    if (kept_.empty() && replaced_.is_empty()) return success();
    std::vector<Action> cleared;
    const auto look = [&](const Action& action, std::uint64_t) {
      if (is_taken_out(action)) {
        const RelPath parent = action.path.is_root() ? RelPath() : action.path.parent();
        if (changes_parent(action) && !blocked_.hold(parent)) doubtful_.insert(parent);
      } else if (replaced_.clears(action)) {
        cleared.push_back(action);
        cleared.back().phase = Phase::kClear;
        if (cleared.size() >= spooling_.run_actions) return cleared_.take(cleared);
      }
      return success();
    };
    for (const ActionRuns& runs : found_.runs) TRY(for_each_action(runs.store(), look));
    return cleared_.take(cleared);
  }

  Status take(const Action& action) {
    if (is_taken_out(action)) return success();
    if (action.phase != Phase::kClear && replaced_.clears(action)) return success();
    if (changes_parent(action) && !doubtful_.empty()) {
      doubtful_.erase(action.path.parent());
      if (moves_entry(action)) doubtful_.erase(action.other->parent());
    }
    if (is_finish(action) && action.path.is_root()) {
      found_.root_finish = action;  // the last one
      has_root_finish_ = true;
      return success();
    }
    if (only_children_ask(action) && doubtful_.contains(action.path)) {
      ++result_.unchanged;
      return success();
    }
    return append(action);
  }

  // The staging folder comes and goes in the root, whatever changes below it.
  Status end_with_root() {
    const bool does_nothing = result_.actions.empty();
    if (!found_.root_finish || (does_nothing && !has_root_finish_)) return success();
    if (does_nothing && only_children_ask(*found_.root_finish)) return success();
    return append(*found_.root_finish);
  }

  Status append(const Action& action) { return add(action, result_); }

  Unarranged found_;
  const Spooling& spooling_;
  PathSet kept_;
  PathSet doubtful_;
  Subtrees blocked_;
  ReplacedDirectories replaced_;  // those that are not blocked
  ActionRuns cleared_;            // what goes before them, in its phase
  bool has_root_finish_ = false;
  Arranged result_;
};

}  // namespace

Status add(const Action& action, Arranged& arranged) {
  add_to_summary(action, arranged.summary);
  arranged.counts.add(action);
  return arranged.actions.append(action);
}

Result<Arranged> arrange(Unarranged found, const Spooling& spooling) {
  return Arrangement(std::move(found), spooling).run();
}

}  // namespace foldersync
