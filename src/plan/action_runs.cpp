#include "plan/action_runs.h"

#include <algorithm>

#include "plan/order.h"

namespace foldersync {

Status ActionRuns::take(std::vector<Action>& actions) {
  if (actions.empty()) return success();
  put_in_order(actions);
  for (const Action& action : actions) TRY(store_.append(action));
  actions.clear();
  ends_.push_back(store_.size());
  return success();
}

void ActionMerge::add(const ActionRuns& runs) {
  std::uint64_t begin = 0;
  for (const std::uint64_t end : runs.ends()) {
    sources_.push_back({ActionCursor(runs.store()), begin, end, nullptr});
    begin = end;
  }
}

bool ActionMerge::comes_later(std::size_t a, std::size_t b) const {
  return stands_before(*sources_[b].first, *sources_[a].first);
}

Status ActionMerge::advance(std::size_t source) {
  Source& from = sources_[source];
  if (from.next == from.end) return success();
  from.first = TRY(from.cursor.at(from.next++));
  heap_.push_back(source);
  std::push_heap(heap_.begin(), heap_.end(),
                 [this](std::size_t a, std::size_t b) { return comes_later(a, b); });
  return success();
}

Result<const Action*> ActionMerge::next() {
  for (std::size_t source = 0; !begun_ && source < sources_.size(); ++source) TRY(advance(source));
  begun_ = true;
  if (given_) {
    TRY(advance(*given_));
    given_.reset();
  }
  if (heap_.empty()) return nullptr;
  std::pop_heap(heap_.begin(), heap_.end(),
                [this](std::size_t a, std::size_t b) { return comes_later(a, b); });
  given_ = heap_.back();
  heap_.pop_back();
  return sources_[*given_].first;
}

}  // namespace foldersync
