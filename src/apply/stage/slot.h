// One action of a window, and what was found and made for it before anything is changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apply/look/look.h"
#include "apply/stage/stager.h"
#include "fs/xattrs.h"
#include "plan/action.h"

namespace foldersync {

// An action, and its number in the whole plan, from 1.
struct Numbered {
  const Action& action;
  std::uint64_t seq;
};

struct Slot {
  Action action;
  std::uint64_t seq = 0;                // as in Numbered
  std::optional<LookResult> look = {};  // nothing: stopped before it was looked at
  std::optional<Staged> staged = {};    // where the look holds and staging succeeded
  std::optional<Error> error = {};      // where something failed
  std::optional<Drift> drift = {};      // where that is a precondition that no longer holds
  std::size_t folder = 0;               // index of the staging subfolder
  bool is_inside = false;    // staged in its directory, by its own name, see StagedTrees:
  std::size_t above = 0;     // index of that directory's slot
  bool has_arrived = false;  // is in its place, with all that is inside
  // Of an action that changes attributes in place: what they were and what they shall be.
  std::optional<std::vector<Xattr>> old_xattrs = {};
  std::optional<std::vector<Xattr>> new_xattrs = {};

  // The name in a staging folder of what is made, or displaced.
  [[nodiscard]] std::string name() const { return std::to_string(seq); }
  operator Numbered() const { return {action, seq}; }  // NOLINT: one is as good as the other
};

// Whether the action holds, and works on the very object that was found when the slot's look was
// made, before the window's record was written.
inline bool holds_as_then(const Slot& slot, const LookResult& look) {
  if (!slot.look || slot.error || look.finding != Finding::kHolds) return false;
  const LookResult& then = *slot.look;
  if (then.finding == Finding::kFailed || then.finding == Finding::kStale) return false;
  if (then.replica.has_value() != look.replica.has_value()) return false;
  if (!then.replica) return true;
  if (!changes_leaf_in_place(slot.action)) return same_object(*then.replica, *look.replica);
  FileStatus now = *look.replica;
  // Where a look does not tell it, it is compared when the entry is opened to be changed.
  if (!has_proof(now)) now.incarnation = then.replica->incarnation;
  // A name that this run gives it, or takes away, moves its change time.
  const bool has_one_name = then.replica->links == 1 && now.links == 1;
  return has_one_name ? is_untouched(now, *then.replica) : same_creation(now, *then.replica);
}

}  // namespace foldersync
