#include "plan/undo.h"

#include <cassert>

#include "core/heeding_sort.h"
#include "plan/order.h"
#include "plan/room.h"

namespace foldersync {
namespace {

Op op_of(const Action& done, const std::optional<Facts>& made, const std::optional<Facts>& old) {
  if (!old) return Op::kDelete;
  if (!made) return Op::kCreate;
  if (sets_metadata(done)) return Op::kMetadata;
  return made->type == old->type ? Op::kUpdate : Op::kReplace;
}

}  // namespace

Action inverse_of(const Action& done, const std::optional<Facts>& made,
                  const std::optional<Facts>& old) {
  assert(done.phase != Phase::kFinish && !moves_entry(done) && (made || old));
  Action undo = action_of(op_of(done, made, old), done.path, {}, made, old);
  for (const Reason reason : {Reason::kContent, Reason::kLink, Reason::kXattrs}) {
    if (undo.after && done.reasons.has(reason)) undo.reasons.add(reason);
  }
  if (undo.after && adds_name(done)) undo.reasons.add(Reason::kLink);
  undo.reasons.add(Reason::kUndo);
  return undo;
}

Action moved_back(const Action& done, const Facts& made, const Facts& old) {
  assert(moves_entry(done));
  Action undo = action_of(Op::kMove, *done.other, {}, made, old);
  undo.other = done.path;
  if (done.reasons.has(Reason::kXattrs)) undo.reasons.add(Reason::kXattrs);
  undo.reasons.add(Reason::kUndo);
  return undo;
}

Action directory_as_it_was(const RelPath& path, const Facts& now, const Facts& old, bool xattrs) {
  Action undo = finish_of(path, {}, now, old);
  undo.before->mtime.reset();
  if (xattrs) undo.reasons.add(Reason::kXattrs);
  undo.reasons.add(Reason::kUndo);
  return undo;
}

void restore_as_link(Action& restore, const RelPath& to, const Action* other) {
  assert(restore.after && restore.path != to);
  restore.op = Op::kLink;
  restore.other = to;
  if (other != nullptr && other->after) restore.after = other->after;
}

Status arrange_undo(std::vector<Action>& actions, const PlanOptions& options,
                    const std::function<Status()>& heed) {
  for (Action& action : actions) {
    if (removes_entry(action)) action.phase = phase_of(action);
  }
  clear_what_is_replaced(actions);
  TRY(sort_heeding(actions, stands_before, heed));
  if (!options.delete_first) return success();
  ActionStore store;
  for (const Action& action : actions) {
    TRY(heed());
    TRY(store.append(action));
  }
  const RoomFirst room =
      TRY(delete_first(store, options.replica_limits.times, {.make = {}, .heed = heed}));
  actions.clear();
  return for_each_action(room.actions,
                         [&](const Action& action, std::uint64_t) { actions.push_back(action); });
}

}  // namespace foldersync
