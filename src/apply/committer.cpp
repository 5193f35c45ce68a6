#include "apply/committer.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "apply/stage/attributes.h"
#include "apply/steps/remove.h"

namespace foldersync {
namespace {

bool crosses_file_systems(const Result<Published>& done) {
  return !done && done.error().error_number == EXDEV;
}

Step step_of(const Slot& slot, const LookResult& look, StagedPlace place) {
  Step step{.action = slot.action, .staged = std::move(place), .old = look.replica};
  step.wanted = look.wanted;
  if (slot.new_xattrs) step.new_xattrs = &*slot.new_xattrs;
  return step;
}

}  // namespace

Committer::Committer(const Job& job, Fd folder, Conflicts& conflicts)
    : job_(job),
      fs_(job.request.fs),
      looker_(job.looks, job.max_open, true),
      stager_(job, looker_),
      publisher_(fs_, job.observer),
      conflicts_(conflicts),
      site_{fs_, looker_.replica(), publisher_, conflicts, job.policy, job.book},
      outcomes_(job.observer, job.request.follow_source),
      folder_(std::move(folder)),
      nested_(fs_, job.request.policy.as_root) {}

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
    outcomes_.report_look(slot, *slot.look);
    return false;
  }
  if (outcomes_.report_look(slot, look)) return false;
  if (holds_as_then(slot, look)) return true;
  stale_by_now(slot);
  return false;
}

// Whether what was found and made for it says already what becomes of it, which is told.
bool Committer::is_reported(const Slot& slot) {
  if (!slot.look) {
    outcomes_.skip(slot);
    return true;
  }
  if (!slot.error) return outcomes_.report_look(slot, *slot.look);
  fail_staging(slot, *slot.error, slot.drift);
  return true;
}

void Committer::commit(Slot& slot, const StagedWindow& staging) {
  const Action& action = slot.action;
  if (action.path.is_root()) return outcomes_.done(slot, Outcome::kOk);  // made by the caller
  const bool is_made = is_staged(action);
  LookResult now;
  if (!is_made) {
    now = looker_.look(action);
    if (!holds_again(slot, now)) return;
  } else if (is_reported(slot)) {
    return;
  }
  const auto is_barred = kind_of(action).is_barred;
  if (is_barred != nullptr && is_barred(action, outcomes_)) return outcomes_.skip(slot);
  // What was staged in its directory has come with it, unless that has not: then it comes by
  // itself. CRASH: killed after the rename of the directory, all of it has its name, and recovery
  // finds it there.
  if (slot.is_inside && staging.slots[slot.above].has_arrived) {
    slot.has_arrived = true;
    return outcomes_.done(slot, Outcome::kOk, *slot.staged);
  }
  auto place = place_of(slot, staging);
  if (!place) return outcomes_.failed(slot, place.error());
  const LookResult& look = is_made ? *slot.look : now;
  slot.has_arrived = perform(slot, step_of(slot, look, std::move(*place)), look);
}

// Where its object was staged, or what it displaces is to lie.
Result<StagedPlace> Committer::place_of(const Slot& slot, const StagedWindow& staging) {
  StagedPlace place{{folder_.get(), slot.name()}, {}, false};
  if (!slot.staged) return place;
  place.made = slot.staged->status;
  place.directory = staging.folders[slot.folder].get();
  if (!slot.is_inside) return place;
  place.directory = TRY(staging.trees.directory(slot.above));
  place.name = slot.action.path.name();
  return place;
}

void Committer::tell_only(const Slot& slot, bool comes_later) {
  if (comes_later || !is_reported(slot)) outcomes_.done(slot, Outcome::kOk);
}

void Committer::fail_staging(const Slot& slot, const Error& error,
                             const std::optional<Drift>& drift) {
  if (error.code == ErrorCode::kStopped) return outcomes_.skip(slot);
  if (error.code == ErrorCode::kChanged && !job_.request.follow_source) {
    const Drift unknown{Side::kSource, {"content", "as planned", error.detail}};
    return outcomes_.stale(slot, {drift.value_or(unknown)});
  }
  outcomes_.failed(slot, error);
}

Result<Published> Committer::forward(Step& step) {
  // A directory that is to vanish must not hold a staging folder of ours.
  if (nested_.has(step.action.path)) {
    TRY(purge_nested());
  }
  return kind_of(step.action).forward(site_, step);
}

// Whether what was staged for the slot has its place now.
bool Committer::perform(const Slot& slot, Step step, const LookResult& look) {
  const auto done = forward(step);
  const bool is_move = slot.action.op == Op::kMove;
  // A copy would leave a backup without what was there.
  const bool may_go_near =
      !job_.request.atomic && (!is_move || (look.replica->is_file() && !job_.request.backup));
  if (crosses_file_systems(done) && may_go_near) {
    is_move ? copy_and_remove(slot, look) : perform_near(slot, std::move(step), look);
    return false;
  }
  if (is_move) {
    report_move(slot, step, done, look);
    return false;
  }
  return report_published(slot, step, done, slot.staged.value_or(Staged{}));
}

// Where renames from the root's staging folder don't reach: once more, from beside the target.
void Committer::perform_near(const Slot& slot, Step step, const LookResult& look) {
  const auto folder = folder_near(slot.action.path);
  if (!folder) return outcomes_.failed(slot, folder.error());
  step.staged = {{*folder, slot.name()}, {}, true};
  Staged made;
  if (slot.staged) {
    auto staged = stage_near(slot, look, step.staged);
    if (!staged) return fail_staging(slot, staged.error(), stager_.take_drift());
    made = std::move(*staged);
    step.staged.made = made.status;
  }
  (void)report_published(slot, step, forward(step), made);
}

// What is staged there comes after the window's barrier, and may lie on another file system.
Result<Staged> Committer::stage_near(const Slot& slot, const LookResult& look, const Place& place) {
  Action today = slot.action;
  today.after = look.after;
  auto made = TRY(stager_.stage(today, look, place.directory, place.name));
  if (!job_.request.durable || !made.status.is_file() || job_.sync_each) return made;
  const auto file = fs_.open_file(place.directory, place.name.c_str());
  const Status synced = file ? fs_.sync(file->get()) : Status(file.error());
  if (synced) return made;
  (void)fs_.remove_file(place.directory, place.name.c_str());  // else it goes with its folder
  return synced.error();
}

// The staging folder that is as near to the path as any can be.
Result<int> Committer::folder_near(const RelPath& path) {
  return path.parent().is_root() ? folder_.get() : nested_.in(path.parent(), replica());
}

// Whether what was staged has its place now.
bool Committer::report_published(const Slot& slot, const Step& step, const Result<Published>& done,
                                 const Staged& made) {
  const Action& action = slot.action;
  if (!done) {
    const Error& error = done.error();
    const bool is_link = action.op == Op::kLink && error.code == ErrorCode::kChanged;
    if (is_link && !job_.request.follow_source) {
      outcomes_.stale(slot, {{Side::kReplica, {"link", action.other->bytes(), error.detail}}});
    } else {
      outcomes_.failed(slot, error);
    }
    return false;
  }
  switch (*done) {
    case Published::kForeign:
      tell_foreign(slot);
      return false;
    case Published::kStranded:
      outcomes_.failed(slot, put_aside(step.staged));
      return false;
    case Published::kDisplaced:
      displaced_.push_back(
          {step.staged.directory, step.staged.name, step.old && step.old->is_directory()});
      break;
    case Published::kDone:
      break;
  }
  if (action.op == Op::kLink) ++links_added_[*action.other];
  touched_.directories.insert(action.path.parent());
  outcomes_.done(slot, Outcome::kOk, made);
  return true;
}

void Committer::report_move(const Slot& slot, Step& step, const Result<Published>& moved,
                            const LookResult& look) {
  const Action& action = slot.action;
  if (!moved) return outcomes_.failed(slot, moved.error());
  if (*moved == Published::kForeign) return tell_foreign(slot);
  touched_.directories.insert(action.path.parent());
  touched_.directories.insert(action.other->parent());
  if (*moved == Published::kStranded) {
    return outcomes_.failed(
        slot, Error{ErrorCode::kChanged,
                    "rename",
                    {},
                    0,
                    "somebody changed it meanwhile: what they wrote has the new name"});
  }
  // A directory gets its metadata when it is finished.
  if (look.replica->is_directory()) {
    moved_.insert(action.path);
    return outcomes_.done(slot, Outcome::kOk);
  }
  const Facts has =
      found_facts(*look.replica, look.after->target.value_or(std::string()), job_.policy);
  if (differences(*look.after, has, job_.policy.limits).empty()) {
    return outcomes_.done(slot, Outcome::kOk);
  }
  const auto done = kMetadataStep.forward(site_, step);
  report_in_place(slot, done, step.changed, look.wanted);
}

void Committer::stale_by_now(const Slot& slot) {
  outcomes_.stale(slot, {{Side::kReplica, {"content", "as planned", "changed meanwhile"}}});
}

// Something else than expected was there in the last moment.
void Committer::tell_foreign(const Slot& slot) {
  if (slot.action.op == Op::kDelete && slot.action.before->type == FileType::kDirectory) {
    return outcomes_.stale(
        slot, {{Side::kReplica, {"children", "none", "some that the plan does not know"}}});
  }
  const LookResult again = looker_.look(slot.action);
  if (!outcomes_.report_look(slot, again)) stale_by_now(slot);
}

// What others wrote, and what can't go back to where they wrote it, is kept. The answer: where, or
// why not.
Error Committer::put_aside(const Place& stranded) {
  const auto kept = conflicts_.keep(stranded);
  if (!kept) return kept.error();
  return Error{ErrorCode::kChanged,
               "exchange",
               {},
               0,
               "somebody changed it meanwhile: what they wrote is kept as "
               "'.sync-txn/conflict/" +
                   *kept + "' in the replica"};
}

// Where no rename leads from the old path to the new one, as between projects with quotas of their
// own: a copy of the source, then the old file goes.
// CRASH: killed between the two, both are there; the next plan deletes the old one.
void Committer::copy_and_remove(const Slot& slot, const LookResult& look) {
  Slot copy{.action = slot.action, .seq = slot.seq};
  copy.action.op = Op::kCreate;
  copy.action.other.reset();
  copy.action.before.reset();
  LookResult of_source = look;
  of_source.replica.reset();
  const auto folder = folder_near(slot.action.path);
  if (!folder) return outcomes_.failed(slot, folder.error());
  StagedPlace place{{*folder, slot.name()}, {}, true};
  auto made = stage_near(copy, of_source, place);
  if (!made) return outcomes_.failed(slot, std::move(made).error());
  place.made = made->status;
  Step create = step_of(copy, of_source, std::move(place));
  const auto created = forward(create);
  if (!created || *created != Published::kDone) {
    (void)report_published(slot, create, created, *made);
    return;
  }
  touched_.directories.insert(slot.action.path.parent());
  Slot origin{.action = slot.action, .seq = slot.seq};
  origin.action.op = Op::kDelete;
  origin.action.path = *slot.action.other;
  const auto away = folder_near(origin.action.path);
  if (!away) return outcomes_.failed(slot, away.error());
  Step remove = step_of(origin, look, {{*away, slot.name()}, {}, true});
  const auto removed = forward(remove);
  (void)report_published(slot, remove, removed, *made);
  if (removed) touched_.directories.insert(origin.action.path.parent());
}

// What is not known to be there goes back with everything, and each action is done by itself.
bool Committer::take_tree(const std::vector<Slot>& slots, DoomedRange range) {
  const Slot& top = slots[range.end - 1];
  const RelPath& path = top.action.path;
  if (!nested_.empty() || outcomes_.is_not_emptied(path)) return false;
  const LookResult look = looker_.look(top.action);
  const bool holds = look.finding == Finding::kHolds && !look.source &&
                     same_object(*look.replica, *top.look->replica);
  if (!holds) return false;
  std::vector<DoomedEntry> entries;
  entries.reserve(range.end - range.begin);
  for (std::size_t i = range.begin; i < range.end; ++i) {
    entries.push_back(doomed_entry(path, slots[i].action.path, *slots[i].look->replica));
  }
  const Step step = step_of(top, look, {{folder_.get(), top.name()}, {}, false});
  DoomedTree tree(fs_, step.staged, std::move(entries), job_.request.threads);
  const auto taken = take_whole(site_, step, tree);
  if (!taken || *taken == Published::kForeign) return false;
  if (*taken == Published::kStranded) {
    const Error kept = put_aside(step.staged);
    for (std::size_t i = range.begin; i < range.end; ++i) outcomes_.failed(slots[i], kept);
    return true;
  }
  trees_.push_back(std::move(tree));
  touched_.directories.insert(path.parent());
  for (std::size_t i = range.begin; i < range.end; ++i) outcomes_.done(slots[i], Outcome::kOk);
  return true;
}

InPlace Committer::change_in_place(const Slot& slot, Looker& looker) const {
  InPlace task{.look = looker.look(slot.action)};
  if (!holds_as_then(slot, task.look) || foreign_name(slot.action, task.look, names_added(slot))) {
    return task;
  }
  Site site{site_.fs, looker.replica(), site_.publisher, site_.conflicts, site_.policy, site_.book};
  Step step = step_of(slot, task.look, {});
  task.done = kMetadataStep.forward(site, step);
  task.changed = std::move(step.changed);
  return task;
}

void Committer::tell_in_place(const Slot& slot, const std::optional<InPlace>& done) {
  if (!done) return outcomes_.skip(slot);
  if (!holds_again(slot, done->look)) return;
  if (auto drift = foreign_name(slot.action, done->look, names_added(slot))) {
    return outcomes_.stale(slot, {std::move(*drift)});
  }
  report_in_place(slot, done->done.value_or(Published::kForeign), done->changed, done->look.wanted);
}

void Committer::report_in_place(const Slot& slot, const Result<Published>& done,
                                const Changed& changed, const FileStatus& wanted) {
  if (done && *done == Published::kForeign) return stale_by_now(slot);
  if (changed.touched == FileType::kFile) {
    touched_.files.push_back(slot.action.path);
  } else if (changed.touched) {
    touched_.others = true;
  }
  if (!done) return outcomes_.failed(slot, done.error());
  learn_from(*changed.found, wanted);
  outcomes_.done(slot, Outcome::kOk);
}

void Committer::finish(const Slot& slot) {
  const Action& action = slot.action;
  if (slot.error) return outcomes_.failed(slot, *slot.error);
  if (!slot.look) return outcomes_.skip(slot);
  // What could not be seen then has no attributes to be given now.
  if (slot.look->finding == Finding::kFailed) {
    outcomes_.report_look(slot, *slot.look);
    return;
  }
  const LookResult look = looker_.look(action);
  // Some file systems date a directory that gets another parent, and others do not.
  const bool is_moved = look.finding == Finding::kAlready && moved_.contains(action.path);
  if (!is_moved && outcomes_.report_look(slot, look)) return;
  if (action.reasons.has(Reason::kXattrs) && !slot.new_xattrs) {
    return outcomes_.stale(slot,
                           {{Side::kReplica, {"attributes", "as planned", "changed meanwhile"}}});
  }
  Step step = step_of(slot, look, {});
  const auto done = kFinishStep.forward(site_, step);
  if (step.changed.touched) touched_.directories.insert(action.path);
  if (!done) return outcomes_.failed(slot, done.error());
  learn_from(*step.changed.found, look.wanted);
  finished_.insert(action.path);
  outcomes_.done(slot, Outcome::kOk);
}

std::uint32_t Committer::names_added(const Slot& slot) const {
  const auto added = links_added_.find(slot.action.path);
  return added == links_added_.end() ? 0 : added->second;
}

void Committer::learn_from(const FileStatus& found, const FileStatus& wanted) {
  if (found.mtime != wanted.mtime) learn_mtime(fs_, folder_.get(), wanted.mtime, job_.book);
}

void Committer::learn_root_mtime() {
  const auto source = fs_.status(job_.request.source.fd.get());
  if (source) learn_mtime(fs_, folder_.get(), source->mtime, job_.book);
}

// False where the run was told to stop and that would have taken long.
Result<bool> Committer::discard(const std::vector<Discarded>& gone,
                                const std::vector<DoomedTree>& trees) {
  const ApplyRequest& request = job_.request;
  const Purged purged =
      foldersync::purge({fs_, gone, trees, request.threads, request.windows, request.stop});
  Status kept = success();
  // Filled by others between the look and now.
  for (const Place& filled : purged.filled) {
    if (const auto moved = conflicts_.keep(filled); !moved) kept = moved.error();
  }
  TRY(kept);
  if (purged.why) return *purged.why;
  return purged.is_complete;
}

Status Committer::purge_nested() {
  if (nested_.empty()) return success();
  TRY(keep_());
  const std::vector<int> folders = nested_.folders();
  const auto lies_in_root = [&](const Discarded& gone) {
    return std::find(folders.begin(), folders.end(), gone.folder) == folders.end();
  };
  const auto first = std::stable_partition(displaced_.begin(), displaced_.end(), lies_in_root);
  const auto discarded = discard({first, displaced_.end()}, {});
  displaced_.erase(first, displaced_.end());
  // What is left goes with its folder, unless it could not be put aside.
  if (!discarded || !nested_.remove_all()) leaves_nested_ = true;
  nested_.forget();
  return success();
}

Result<bool> Committer::purge() {
  return discard(std::exchange(displaced_, {}), std::exchange(trees_, {}));
}

void Committer::forget_displaced() {
  displaced_.clear();
  trees_.clear();
}

void Committer::tighten() {
  std::vector<ReplicaAccess::Loosened> all = std::move(replica().loosened());
  for (Looker& other : job_.lookers) {
    all.insert(all.end(), other.replica().loosened().begin(), other.replica().loosened().end());
  }
  std::erase_if(all, [&](const auto& loosened) { return finished_.contains(loosened.path); });
  replica().close_again(std::move(all));
}

}  // namespace foldersync
