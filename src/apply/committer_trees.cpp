// Directories that go with all that is deleted in them.
#include <string>
#include <utility>
#include <vector>

#include "apply/committer.h"

namespace foldersync {

// What is not known to be there goes back with everything, and each action is done by itself.
//
// RACE: until it is back, what others put into the directory is not at its path.
// CRASH: killed before it has been looked through, recovery does that.
bool Committer::take_tree(const std::vector<Slot>& slots, DoomedRange range) {
  const Slot& whole = slots[range.end - 1];
  const Action& top = whole.action;
  if (!nested_.empty() || outcomes_.is_not_emptied(top.path)) return false;
  const LookResult look = looker_.look(top);
  const bool holds = look.finding == Finding::kHolds && !look.source &&
                     same_object(*look.replica, *whole.look->replica);
  if (!holds) return false;
  std::vector<DoomedEntry> entries;
  entries.reserve(range.end - range.begin);
  for (std::size_t i = range.begin; i < range.end; ++i) {
    entries.push_back(doomed_entry(top.path, slots[i].action.path, *slots[i].look->replica));
  }
  const StagedPlace away{{folder_.get(), whole.name()}, {}, false};
  DoomedTree tree(fs_, away, std::move(entries), context_.request.threads);
  const auto parent = looker_.replica_parent(top.path);
  if (!parent) return false;
  const Place target{*parent, std::string(top.path.name())};
  const auto taken = looker_.replica().with_write_access(*parent, top.path.parent(), [&] {
    return publisher_.take_away(target, away, *look.replica,
                                [&] { return tree.holds_nothing_else(); });
  });
  if (!taken || *taken == Published::kForeign) return false;
  if (*taken == Published::kStranded) {
    const Error kept = put_aside(away);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      outcomes_.failed(slots[i], kept);
    }
    return true;
  }
  trees_.push_back(std::move(tree));
  touched_.directories.insert(top.path.parent());
  for (std::size_t i = range.begin; i < range.end; ++i) {
    outcomes_.done(slots[i], Outcome::kOk);
  }
  return true;
}

}  // namespace foldersync
