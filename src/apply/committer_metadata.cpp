// The part of a Committer that gives what stays where it is other metadata.
#include <string>
#include <utility>

#include "apply/attributes.h"
#include "apply/committer.h"

namespace foldersync {

void Committer::change_in_place(const Action& action, std::uint64_t seq, const StagedSlot& slot) {
  const LookResult look = looker_.look(action);
  if (!holds_again(action, seq, slot, look)) return;
  const auto added = links_added_.find(action.path);
  if (auto drift = foreign_name(action, look, added == links_added_.end() ? 0 : added->second)) {
    return outcomes_.stale(action, seq, {std::move(*drift)});
  }
  set_metadata(action, seq, slot, look);
}

// Of what the look found, which has the action's path by now.
void Committer::set_metadata(const Action& action, std::uint64_t seq, const StagedSlot& slot,
                             const LookResult& look) {
  const auto parent = looker_.replica_parent(action.path);
  if (!parent) return outcomes_.failed(action, seq, parent.error());
  const auto entry = fs_.open_entry(*parent, std::string(action.path.name()).c_str());
  if (!entry) return outcomes_.failed(action, seq, entry.error());
  const auto now = fs_.status(entry->get());
  if (!now) return outcomes_.failed(action, seq, now.error());
  if (!same_content_stamps(*now, *look.replica)) {
    return outcomes_.stale(action, seq,
                           {{Side::kReplica, {"content", "as planned", "changed meanwhile"}}});
  }
  if (now->is_file()) {
    touched_.files.push_back(action.path);
  } else {
    touched_.others = true;
  }
  Status set = apply_metadata(look, slot, {entry->get(), true});
  if (!set) return outcomes_.failed(action, seq, std::move(set).error());
  outcomes_.done(action, seq, Outcome::kOk);
}

Status Committer::apply_metadata(const LookResult& look, const StagedSlot& slot, Handle entry) {
  // RACE: a writer who changes the content without changing its size between the look and the
  // setting of the time is not noticed by size and time afterwards; --checksum finds it.
  const auto found =
      set_attributes({fs_, context_.looks.policy, context_.book, entry, look.wanted,
                      slot.new_xattrs ? &*slot.new_xattrs : nullptr, 0, false, true, true});
  if (!found) return found.error();
  if (found->mtime != look.wanted.mtime)
    learn_mtime(fs_, folder_.get(), look.wanted.mtime, context_.book);
  return success();
}

}  // namespace foldersync
