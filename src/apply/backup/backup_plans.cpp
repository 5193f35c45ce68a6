// The part of a Backup that is about two plans of one cycle, which are taken back together.
#include <set>

#include "apply/backup/backup.h"

namespace foldersync {

Result<bool> Backup::may_go_on_with(const ActionStore& actions) const {
  std::set<RelPath> moved;
  for (const auto& [from, restore] : restores_) {
    if (moves_entry(restore.undo)) moved.insert({from, *restore.undo.other});
  }
  const auto is_moved = [&](RelPath path) {
    for (; !path.is_root(); path = path.parent()) {
      if (moved.contains(path)) return true;
    }
    return false;
  };
  bool may = true;
  TRY(for_each_action(actions, [&](const Action& action, std::uint64_t) {
    const auto known = restores_.find(action.path);
    const bool has_xattrs =
        known != restores_.end() && known->second.undo.reasons.has(Reason::kXattrs);
    const bool moves_known =
        moves_entry(action) && (known != restores_.end() || restores_.contains(*action.other));
    const bool is_from_moved = action.other && is_moved(*action.other);
    if (has_xattrs || moves_known || is_moved(action.path) || is_from_moved) may = false;
  }));
  return may;
}

Status Backup::go_on_with(const ActionStore& actions, const Before& before) {
  heed(before.wind_up);
  goes_on_ = true;
  earlier_ = restores_;
  return remember_directories(actions, before);
}

// What the plans before have changed at a path; null where that is nothing.
const Backup::Restore* Backup::earlier(const RelPath& path) const {
  const auto known = earlier_.find(path);
  return known == earlier_.end() ? nullptr : &known->second;
}

// Whether what is displaced there, its content and its attributes, is not yet what is kept, and was
// there at first.
bool Backup::is_new_content(const RelPath& path) const {
  const Restore* const known = earlier(path);
  return known == nullptr || sets_metadata(known->undo);
}

// What the window changes in place may have got more names by the plan before.
Status Backup::follow_earlier_names(ReplicaAccess& replica) {
  if (!goes_on_ || redated_.empty()) return success();
  for (auto& [path, restore] : restores_) {
    TRY(wind_up_->heed("back up"));
    std::optional<Facts>& made = restore.undo.before;
    if (!earlier_.contains(path) || !made || made->type != FileType::kFile) continue;
    const auto now = TRY(replica.status(path));
    const bool is_changed = now && redated_.contains(object_of(*now));
    if (is_changed) made = found_facts(*now, {}, policy_);
  }
  return success();
}

}  // namespace foldersync
