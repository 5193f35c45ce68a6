#include "plan/held.h"

#include <algorithm>
#include <set>
#include <utility>

#include "plan/order.h"

namespace foldersync {
bool holds_all(const UnreadBefore& before, const std::vector<RelPath>& now) {
  if (before.still) return true;
  if (!before.never) return false;
  return !std::all_of(now.begin(), now.end(), [&](const RelPath& path) {
    return std::binary_search(before.never->begin(), before.never->end(), path.bytes());
  });
}

Result<std::vector<RelPath>> find_held(const Arranged& plan, bool all,
                                       const std::vector<SizeAndTime>& files,
                                       const TimeLimits& times) {
  SizesAndTimes unread(times);
  for (const SizeAndTime& file : files) unread.add(file);
  std::set<RelPath> held;
  std::vector<RelPath> taken_over;
  TRY(for_each_action(plan.actions, [&](const Action& action, std::uint64_t) {
    if (takes_file_over(action)) taken_over.push_back(*action.other);
    if (!removes_entry(action) || is_directory(action.before)) return success();
    if (all || unread.may_hold(action.before)) held.insert(action.path);
    return success();
  }));
  // It has another name in the replica by then.
  for (const RelPath& path : taken_over) held.erase(path);
  return std::vector<RelPath>(held.begin(), held.end());
}

Result<Arranged> without(const Arranged& plan, const std::vector<RelPath>& held,
                         const Spooling& spooling) {
  Unarranged again;
  ActionRuns runs(spooling);
  std::vector<Action> batch;
  TRY(for_each_action(plan.actions, [&](const Action& action, std::uint64_t) {
    batch.push_back(action);
    Action& last = batch.back();
    if (last.phase == Phase::kClear) last.phase = phase_of(last);
    if (replaces_directory(action)) again.replaced.push_back(action.path);
    return batch.size() < spooling.run_actions ? success() : runs.take(batch);
  }));
  TRY(runs.take(batch));
  again.runs.push_back(std::move(runs));
  again.kept = held;
  return arrange(std::move(again), spooling);
}

}  // namespace foldersync
