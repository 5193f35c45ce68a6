// The part of a Committer that moves.
#include <cerrno>
#include <string>
#include <utility>

#include "apply/committer.h"

namespace foldersync {
namespace {

constexpr const char* kChangedMeanwhile = "changed meanwhile";

}  // namespace

void Committer::move(const Slot& slot) {
  const Action& action = slot.action;
  const LookResult look = looker_.look(action);
  if (!holds_again(slot, look)) return;
  const RelPath& from = *action.other;
  const auto moved = mover_.move(from, action.path, *look.replica);
  if (!moved) {
    // A copy would leave a backup without what was there.
    const bool can_copy =
        look.replica->is_file() && !context_.request.atomic && !context_.request.backup;
    if (moved.error().error_number == EXDEV && can_copy) return copy_and_remove(slot, look);
    return outcomes_.failed(slot, moved.error());
  }
  if (*moved != Published::kForeign) {
    touched_.directories.insert(action.path.parent());
    touched_.directories.insert(from.parent());
  }
  if (*moved == Published::kDone && look.replica->is_directory()) moved_.insert(action.path);
  settle_move(slot, look, *moved);
}

void Committer::settle_move(const Slot& slot, const LookResult& look, Published moved) {
  const Action& action = slot.action;
  if (moved == Published::kStranded) {
    return outcomes_.failed(
        slot, Error{ErrorCode::kChanged,
                    "rename",
                    {},
                    0,
                    "somebody changed it meanwhile: what they wrote has the new name"});
  }
  if (moved != Published::kDone) {
    const LookResult again = looker_.look(action);
    if (outcomes_.settle_look(slot, again)) return;
    return outcomes_.stale(slot, {{Side::kReplica, {"content", "as planned", kChangedMeanwhile}}});
  }
  // A directory gets its metadata when it is finished.
  const FileStatus& object = *look.replica;
  const Facts has =
      found_facts(object, look.after->target.value_or(std::string()), context_.looks.policy);
  if (object.is_directory() ||
      differences(*look.after, has, context_.looks.policy.limits).empty()) {
    return outcomes_.done(slot, Outcome::kOk);
  }
  InPlace task{look, std::nullopt, std::nullopt};
  set_metadata({fs_, context_.looks.policy, context_.book}, slot, looker_, task);
  tell_metadata(slot, task);
}

// Where no rename leads from the old path to the new one, as between projects with quotas of their
// own: a copy of the source, then the old file goes.
// CRASH: killed between the two, both are there; the next plan deletes the old one.
void Committer::copy_and_remove(const Slot& slot, const LookResult& look) {
  const Action& action = slot.action;
  Action create = action;
  create.op = Op::kCreate;
  create.other.reset();
  create.before.reset();
  LookResult of_source = look;
  of_source.replica.reset();
  const auto folder = nested_folder(action.path.parent());
  if (!folder) return outcomes_.failed(slot, folder.error());
  const std::string name = slot.name();
  auto made = stager_.stage(create, of_source, *folder, name);
  if (!made) return outcomes_.failed(slot, std::move(made).error());
  if (Status synced = sync_staged(*folder, name, *made); !synced) {
    return outcomes_.failed(slot, synced.error());
  }
  const StagedPlace staged{{*folder, name}, made->status, true};
  const auto published = place(create, of_source, staged);
  if (!published || *published != Published::kDone) {
    (void)settle(slot, published, staged, *made);
    return;
  }
  touched_.directories.insert(action.path.parent());
  const RelPath& from = *action.other;
  const auto away = nested_folder(from.parent());
  if (!away) return outcomes_.failed(slot, away.error());
  const auto parent = looker_.replica_parent(from);
  if (!parent) return outcomes_.failed(slot, parent.error());
  const StagedPlace gone{{*away, name}, {}, true};
  const auto taken = looker_.replica().with_write_access(*parent, from.parent(), [&] {
    return publisher_.take_away({*parent, std::string(from.name())}, gone, *look.replica);
  });
  settle(slot, taken, gone, *made);
  if (taken) touched_.directories.insert(from.parent());
}

}  // namespace foldersync
