#include "apply/committer.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "apply/attributes.h"

namespace foldersync {
namespace {

bool is_not_empty(const Error& error) {
  return error.error_number == ENOTEMPTY || error.error_number == EEXIST;
}

std::string leaf(const RelPath& path) { return std::string(path.name()); }

}  // namespace

Committer::Committer(const CommitContext& context, Looker& looker, Fd folder, Fd conflicts)
    : context_(context),
      fs_(context.request.fs),
      looker_(looker),
      stager_(context.stages, looker),
      publisher_(context.request.fs, context.observer),
      mover_(context.request.fs, looker.replica(), publisher_),
      outcomes_(context.observer, context.request.follow_source),
      folder_(std::move(folder)),
      conflict_folder_(std::move(conflicts)) {}

// Whether an action that nothing was staged for may be done: the plan still expects what is there,
// and it is the very object that was found before the window's record was written.
bool Committer::holds_again(const Slot& slot, const LookResult& look) {
  if (!slot.look) {
    outcomes_.skip(slot);
    return false;
  }
  if (slot.error) {
    outcomes_.failed(slot, *slot.error);
    return false;
  }
  // What was not found to hold is not in the window's record.
  const Finding found = slot.look->finding;
  if (found == Finding::kFailed || found == Finding::kStale) {
    outcomes_.settle_look(slot, *slot.look);
    return false;
  }
  if (outcomes_.settle_look(slot, look)) return false;
  if (holds_as_then(slot, look)) return true;
  outcomes_.stale(slot, {{Side::kReplica, {"content", "as planned", "changed meanwhile"}}});
  return false;
}

void Committer::commit(Slot& slot, const StagedWindow& staging) {
  const Action& action = slot.action;
  if (action.op == Op::kLink) return link(slot);
  if (action.op == Op::kMove) return move(slot);
  if (action.phase == Phase::kRmdir ||
      (action.op == Op::kDelete && action.before->type == FileType::kDirectory)) {
    return remove_directory(slot);
  }
  if (action.op == Op::kDelete) return remove_entry(slot);
  if (action.path.is_root()) return outcomes_.done(slot, Outcome::kOk);  // made by the caller
  if (!slot.look) return outcomes_.skip(slot);
  if (slot.error) return fail_staging(slot, *slot.error, slot.drift);
  if (outcomes_.settle_look(slot, *slot.look)) return;
  // Something below the directory that is to be replaced had to stay.
  if (outcomes_.is_not_emptied(action.path)) return outcomes_.skip(slot);
  publish_staged(slot, staging);
}

// What was staged in its directory has come with it, unless that has not: then it comes by itself.
// CRASH: killed after the rename of the directory, all of it has its name, and recovery finds it
// there.
void Committer::publish_staged(Slot& slot, const StagedWindow& staging) {
  const Action& action = slot.action;
  if (slot.is_inside && staging.slots[slot.above].has_arrived) {
    slot.has_arrived = true;
    return outcomes_.done(slot, Outcome::kOk, *slot.staged);
  }
  StagedPlace place{{staging.folders[slot.folder].get(), slot.name()}, slot.staged->status, false};
  if (slot.is_inside) {
    const auto directory = staging.trees.directory(slot.above);
    if (!directory) return outcomes_.failed(slot, directory.error());
    place.directory = *directory;
    place.name = leaf(action.path);
  }
  slot.has_arrived = publish(slot, *slot.look, place, *slot.staged);
}

void Committer::tell_only(const Slot& slot, bool comes_later) {
  if (comes_later) return outcomes_.done(slot, Outcome::kOk);
  if (!slot.look) return outcomes_.skip(slot);
  if (slot.error) return fail_staging(slot, *slot.error, slot.drift);
  if (outcomes_.settle_look(slot, *slot.look)) return;
  outcomes_.done(slot, Outcome::kOk);
}

void Committer::fail_staging(const Slot& slot, const Error& error,
                             const std::optional<Drift>& drift) {
  if (error.code == ErrorCode::kStopped) return outcomes_.skip(slot);
  if (error.code == ErrorCode::kChanged && !context_.request.follow_source) {
    const Drift unknown{Side::kSource, {"content", "as planned", error.detail}};
    return outcomes_.stale(slot, {drift.value_or(unknown)});
  }
  outcomes_.failed(slot, error);
}

Result<Published> Committer::place(const Action& action, const LookResult& look,
                                   const StagedPlace& staged) {
  if (Status purged = purge_inside(action.path); !purged) return std::move(purged).error();
  const auto parent = looker_.replica_parent(action.path);
  if (!parent) return parent.error();
  const Place target{*parent, leaf(action.path)};
  return looker_.replica().with_write_access(*parent, action.path.parent(), [&] {
    return look.replica ? publisher_.replace(staged, target, *look.replica)
                        : publisher_.create(staged, target);
  });
}

// Whether the staged object itself has its place now.
bool Committer::publish(const Slot& slot, const LookResult& look, const StagedPlace& staged,
                        const Staged& made) {
  const Action& action = slot.action;
  const auto published = place(action, look, staged);
  if (!published && published.error().error_number == EXDEV && !context_.request.atomic) {
    restage_near(slot, look);
    return false;
  }
  return settle(slot, published, staged, made);
}

// Where renames from the root's staging folder don't reach, stages once more beside the target.
void Committer::restage_near(const Slot& slot, const LookResult& look) {
  const Action& action = slot.action;
  const auto folder = nested_folder(action.path.parent());
  if (!folder) return outcomes_.failed(slot, folder.error());
  const std::string name = slot.name();
  Action today = action;
  today.after = look.after;
  Staged made;
  if (action.op == Op::kLink) {
    const auto linked = make_link(action, *folder, name);
    if (!linked) return outcomes_.failed(slot, linked.error());
    made.status = *linked;
  } else {
    auto staged = stager_.stage(today, look, *folder, name);
    if (!staged) return fail_staging(slot, staged.error(), stager_.take_drift());
    made = *staged;
    if (Status synced = sync_staged(*folder, name, made); !synced) {
      return outcomes_.failed(slot, synced.error());
    }
  }
  const StagedPlace staged{{*folder, name}, made.status, true};
  settle(slot, place(action, look, staged), staged, made);
}

// What is staged here comes after the window's barrier, and may lie on another file system.
Status Committer::sync_staged(int folder, const std::string& name, const Staged& made) {
  if (!context_.request.durable || !made.status.is_file() || context_.stages.sync_each) {
    return success();
  }
  const auto file = fs_.open_file(folder, name.c_str());
  Status synced = file ? fs_.sync(file->get()) : Status(file.error());
  if (!synced) (void)fs_.remove_file(folder, name.c_str());  // else it goes with its folder
  return synced;
}

Result<int> Committer::nested_folder(const RelPath& directory) {
  // The root's own staging folder is as near to its entries as any can be.
  if (directory.is_root()) return folder_.get();
  const auto known = nested_.find(directory);
  if (known != nested_.end()) return known->second.area.fd();
  const auto fd = looker_.replica_directory(directory);
  if (!fd) return fd.error();
  auto home = TRY(fs_.open_directory(*fd, "."));
  auto area = StagingArea::open(fs_, home.get(), context_.request.policy.as_root);
  if (!area) return area.error();
  const auto placed = nested_.emplace(directory, NestedArea{std::move(home), std::move(*area)});
  return placed.first->second.area.fd();
}

// Whether what was staged has its place now.
bool Committer::settle(const Slot& slot, const Result<Published>& published,
                       const StagedPlace& staged, const Staged& made) {
  const Action& action = slot.action;
  if (!published) {
    outcomes_.failed(slot, published.error());
    return false;
  }
  const bool appeared = *published == Published::kDone || *published == Published::kDisplaced;
  if (appeared && action.op == Op::kLink) ++links_added_[*action.other];
  if (appeared) touched_.directories.insert(action.path.parent());
  switch (*published) {
    case Published::kDisplaced: {
      const bool directory = action.before && action.before->type == FileType::kDirectory;
      displaced_.push_back({staged.directory, staged.name, directory});
      outcomes_.done(slot, Outcome::kOk, made);
      return true;
    }
    case Published::kDone:
      outcomes_.done(slot, Outcome::kOk, made);
      return true;
    case Published::kStranded:
      outcomes_.failed(slot, put_aside(staged));
      return false;
    case Published::kForeign:
      tell_foreign(slot);
      return false;
  }
  return false;
}

// Something else than expected was there in the last moment.
void Committer::tell_foreign(const Slot& slot) {
  const Action& action = slot.action;
  const LookResult again = looker_.look(action);
  if (again.finding == Finding::kHolds) {
    return outcomes_.stale(slot,
                           {{Side::kReplica, {"content", "as planned", "changed meanwhile"}}});
  }
  outcomes_.settle_look(slot, again);
}

Result<std::string> Committer::move_to_conflicts(const Place& stranded) {
  const auto move = [&] {
    return keep_as_conflict(fs_, stranded.directory, stranded.name, conflict_folder_.get());
  };
  auto kept = move();
  if (!kept) kept = move();
  conflicts_ = true;
  if (!kept) must_keep_staging_ = true;
  return kept;
}

// What others wrote, and what can't go back to where they wrote it, is kept. The answer: where, or
// why not.
Error Committer::put_aside(const Place& stranded) {
  const auto kept = move_to_conflicts(stranded);
  if (!kept) return kept.error();
  return Error{ErrorCode::kChanged,
               "exchange",
               {},
               0,
               "somebody changed it meanwhile: what they wrote is kept as "
               "'.sync-txn/conflict/" +
                   *kept + "' in the replica"};
}

Result<FileStatus> Committer::make_link(const Action& action, int folder, const std::string& name) {
  const auto leader = TRY(looker_.replica_status(*action.other));
  if (!leader || leader->type != action.after->type ||
      (action.after->size && leader->size != *action.after->size)) {
    return Error{ErrorCode::kChanged,
                 "link",
                 {},
                 0,
                 "'" + action.other->shown() + "' is not what it has to be: see its own line"};
  }
  const auto parent = TRY(looker_.replica_parent(*action.other));
  if (Status linked = fs_.make_link(parent, leaf(*action.other).c_str(), folder, name.c_str());
      !linked) {
    return linked.error();
  }
  return fs_.status_at(folder, name.c_str());
}

void Committer::link(const Slot& slot) {
  const Action& action = slot.action;
  const LookResult look = looker_.look(action);
  if (!holds_again(slot, look)) return;
  if (outcomes_.is_not_written(*action.other) || outcomes_.is_not_emptied(action.path)) {
    return outcomes_.skip(slot);
  }
  const std::string name = slot.name();
  const auto linked = make_link(action, folder_.get(), name);
  if (!linked && linked.error().error_number == EXDEV && !context_.request.atomic) {
    return restage_near(slot, look);
  }
  if (!linked && linked.error().code == ErrorCode::kChanged && !context_.request.follow_source) {
    return outcomes_.stale(
        slot, {{Side::kReplica, {"link", action.other->bytes(), linked.error().detail}}});
  }
  if (!linked) return outcomes_.failed(slot, linked.error());
  Staged made;
  made.status = *linked;
  publish(slot, look, {{folder_.get(), name}, *linked, false}, made);
}

void Committer::remove_entry(const Slot& slot) {
  const Action& action = slot.action;
  const LookResult look = looker_.look(action);
  if (!holds_again(slot, look)) return;
  const auto parent = looker_.replica_parent(action.path);
  if (!parent) return outcomes_.failed(slot, parent.error());
  const Place target{*parent, leaf(action.path)};
  StagedPlace away{{folder_.get(), slot.name()}, {}, false};
  auto published = looker_.replica().with_write_access(*parent, action.path.parent(), [&] {
    return publisher_.take_away(target, away, *look.replica);
  });
  if (!published && published.error().error_number == EXDEV && !context_.request.atomic) {
    const auto folder = nested_folder(action.path.parent());
    if (!folder) return outcomes_.failed(slot, folder.error());
    const auto again = looker_.replica_parent(action.path);
    if (!again) return outcomes_.failed(slot, again.error());
    away.directory = *folder;
    published = publisher_.take_away({*again, target.name}, away, *look.replica);
  }
  settle(slot, published, away, {});
}

// Only an empty directory goes: whatever others put into it stays, and so does it.
Result<Published> Committer::take_away_directory(const Action& action, const StagedPlace& away,
                                                 const LookResult& look) {
  if (Status purged = purge_inside(action.path); !purged) return std::move(purged).error();
  const auto parent = looker_.replica_parent(action.path);
  if (!parent) return parent.error();
  const Place target{*parent, leaf(action.path)};
  return looker_.replica().with_write_access(
      *parent, action.path.parent(), [&]() -> Result<Published> {
        auto published = publisher_.take_away(target, away, *look.replica);
        if (published || published.error().error_number != EXDEV) return published;
        // Where directories can't be renamed, an empty one is removed at once.
        Status removed = fs_.remove_directory(target.directory, target.name.c_str());
        if (removed) return Published::kDone;
        if (is_not_empty(removed.error())) return Published::kForeign;
        return removed.error();
      });
}

void Committer::remove_directory(const Slot& slot) {
  const Action& action = slot.action;
  const LookResult look = looker_.look(action);
  if (!holds_again(slot, look)) return;
  if (outcomes_.is_not_emptied(action.path)) return outcomes_.skip(slot);
  const StagedPlace away{{folder_.get(), slot.name()}, {}, false};
  const auto published = take_away_directory(action, away, look);
  if (!published || *published != Published::kForeign) {
    (void)settle(slot, published, away, {});
    return;
  }
  outcomes_.stale(slot,
                  {{Side::kReplica, {"children", "none", "some that the plan does not know"}}});
}

void Committer::finish(const Slot& slot) {
  const Action& action = slot.action;
  if (slot.error) return outcomes_.failed(slot, *slot.error);
  if (!slot.look) return outcomes_.skip(slot);
  // What could not be seen then has no attributes to be given now.
  if (slot.look->finding == Finding::kFailed) {
    outcomes_.settle_look(slot, *slot.look);
    return;
  }
  const LookResult look = looker_.look(action);
  // Some file systems date a directory that gets another parent, and others do not.
  const bool is_moved = look.finding == Finding::kAlready && moved_.contains(action.path);
  if (!is_moved && outcomes_.settle_look(slot, look)) return;
  if (action.reasons.has(Reason::kXattrs) && !slot.new_xattrs) {
    return outcomes_.stale(slot,
                           {{Side::kReplica, {"attributes", "as planned", "changed meanwhile"}}});
  }
  const auto directory = looker_.replica_directory(action.path);
  if (!directory) return outcomes_.failed(slot, directory.error());
  touched_.directories.insert(action.path);
  const auto set = set_in_place({fs_, context_.looks.policy, context_.book}, slot, look.wanted,
                                {*directory, false}, nullptr);
  if (!set) return outcomes_.failed(slot, set.error());
  learn_from(*set, look.wanted);
  finished_.insert(action.path);
  outcomes_.done(slot, Outcome::kOk);
}

void Committer::learn_root_mtime() {
  const auto source = fs_.status(context_.request.source.fd.get());
  if (source) learn_mtime(fs_, folder_.get(), source->mtime, context_.book);
}

// A directory that is to vanish must not hold a staging folder of ours.
Status Committer::purge_inside(const RelPath& directory) {
  return nested_.contains(directory) ? purge_nested() : success();
}

// False where the run was told to stop and that would have taken long.
Result<bool> Committer::discard(const std::vector<Displaced>& gone,
                                const std::vector<DoomedTree>& trees) {
  const ApplyRequest& request = context_.request;
  const Purged purged =
      foldersync::purge({fs_, gone, trees, request.threads, request.windows, request.stop});
  Status kept = success();
  // Filled by others between the look and now.
  for (const Place& filled : purged.filled) {
    if (const auto moved = move_to_conflicts(filled); !moved) kept = moved.error();
  }
  if (!kept) return kept.error();
  if (purged.why) return *purged.why;
  return purged.is_complete;
}

std::vector<int> Committer::nested() const {
  std::vector<int> folders;
  for (const auto& [path, nested] : nested_) folders.push_back(nested.area.fd());
  return folders;
}

Status Committer::purge_nested() {
  if (nested_.empty()) return success();
  TRY(keep_());
  const auto is_nested = [&](const Displaced& gone) {
    return std::any_of(nested_.begin(), nested_.end(),
                       [&](const auto& nested) { return nested.second.area.fd() == gone.folder; });
  };
  const auto first = std::stable_partition(displaced_.begin(), displaced_.end(),
                                           [&](const Displaced& gone) { return !is_nested(gone); });
  // What is left goes with its folder.
  const auto discarded = discard({first, displaced_.end()}, {});
  displaced_.erase(first, displaced_.end());
  for (auto& [path, nested] : nested_) {
    const auto kept = discarded ? nested.area.remove_but_filled() : Result<bool>(discarded.error());
    if (!kept || *kept) leaves_nested_ = true;
  }
  nested_.clear();
  return success();
}

Result<bool> Committer::purge() {
  return discard(std::exchange(displaced_, {}), std::exchange(trees_, {}));
}

void Committer::forget_displaced() {
  displaced_.clear();
  trees_.clear();
}

void Committer::tighten(std::vector<Looker>& lookers) {
  std::vector<ReplicaAccess::Loosened> all = std::move(looker_.replica().loosened());
  for (Looker& other : lookers) {
    all.insert(all.end(), other.replica().loosened().begin(), other.replica().loosened().end());
  }
  std::erase_if(all, [&](const auto& loosened) { return finished_.contains(loosened.path); });
  looker_.replica().close_again(std::move(all));
}

}  // namespace foldersync
