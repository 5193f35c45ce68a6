#include "plan/room.h"

#include <algorithm>
#include <vector>

#include "plan/action_runs.h"
#include "plan/order.h"
#include "plan/size_and_time.h"

namespace foldersync {
namespace {

// Whether its file, if it is one, is made of content that is not in the replica yet.
bool writes_content(const Action& action) { return writes_entry(action) || adds_name(action); }

// What the actions of a plan need of what it deletes.
class Needed {
 public:
  // Whether deletions that stand behind what is written have to stay there.
  enum class Later : std::uint8_t { kMayGo, kStay };

  static Result<Needed> by(const ActionStore& actions, const TimeLimits& times, Later later) {
    Needed needed(times);
    TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) {
      if (action.other) needed.kept_.push_back(*action.other);
      if (replaces_directory(action)) needed.replaced_.add(action.path);
      if (writes_content(action)) needed.written_.add(action.after);
    }));
    TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) {
      if (!removes_entry(action) || needed.replaced_.clears(action)) return;
      const bool waits = later == Later::kStay && action.phase != Phase::kClear;
      if (waits || needed.written_.may_hold(action.before)) needed.kept_.push_back(action.path);
    }));
    std::sort(needed.kept_.begin(), needed.kept_.end());
    return needed;
  }

  // Whether the deletion may go first. What is cleared in any case may.
  [[nodiscard]] bool lets_go(const Action& deletion) const {
    if (replaced_.clears(deletion)) return true;
    // In path order what lies in a directory follows it.
    const auto next = std::lower_bound(kept_.begin(), kept_.end(), deletion.path);
    return next == kept_.end() || !next->is_within(deletion.path);
  }

 private:
  explicit Needed(const TimeLimits& times) : written_(times) {}

  SizesAndTimes written_;
  std::vector<RelPath> kept_;  // in path order; the directories above stay, too
  ReplacedDirectories replaced_;
};

}  // namespace

Result<RoomFirst> delete_first(const ActionStore& actions, const TimeLimits& times,
                               const Spooling& spooling) {
  const Needed needed = TRY(Needed::by(actions, times, Needed::Later::kMayGo));
  RoomFirst room{ActionStore(spooling)};
  ActionRuns runs(spooling);
  std::vector<Action> batch;
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) {
    batch.push_back(action);
    const bool stays = !removes_entry(action) || action.phase == Phase::kClear;
    if (!stays && needed.lets_go(action)) {
      batch.back().phase = Phase::kClear;
      ++room.first;
    }
    return batch.size() < spooling.run_actions ? success() : runs.take(batch);
  }));
  TRY(runs.take(batch));
  ActionMerge merge;
  merge.add(runs);
  for (;;) {
    const auto next = TRY(merge.next());
    if (next == nullptr) break;
    TRY(room.actions.append(*next));
  }
  return room;
}

Result<bool> may_go_first(const ActionStore& actions, const TimeLimits& times) {
  const Needed needed = TRY(Needed::by(actions, times, Needed::Later::kStay));
  bool may = true;
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) {
    if (action.phase == Phase::kClear && !needed.lets_go(action)) may = false;
  }));
  return may;
}

}  // namespace foldersync
