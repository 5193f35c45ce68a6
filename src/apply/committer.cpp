#include "apply/committer.h"

#include <cerrno>

#include "apply/live_step.h"
#include "apply/stage/attributes.h"
#include "apply/steps/remove.h"

namespace foldersync {
namespace {

bool crosses_file_systems(const Result<Published>& done) {
  return !done && done.error().error_number == EXDEV;
}

}  // namespace

Committer::Committer(const Job& job, Conflicts& conflicts)
    : job_(job),
      fs_(job.request.fs),
      looker_(job.looks, job.max_open, true),
      publisher_(fs_, job.observer),
      site_{fs_, looker_.replica(), publisher_, conflicts, job.policy, job.book, job.area.fd()},
      discards_(job, conflicts),
      reports_(job, looker_, conflicts, discards_),
      beside_(job, looker_, site_, discards_, reports_),
      opened_(job.request, job.lookers, looker_.replica()) {}

void Committer::commit(Slot& slot, const StagedWindow& staging) {
  const Action& action = slot.action;
  Outcomes& outcomes = reports_.outcomes();
  if (action.path.is_root()) return outcomes.done(slot, Outcome::kOk);  // made by the caller
  const bool is_made = is_staged(action);
  LookResult now;
  if (!is_made) {
    now = looker_.look(action);
    if (!reports_.holds_again(slot, now)) return;
  } else if (reports_.is_told(slot)) {
    return;
  }
  const auto is_barred = kind_of(action).is_barred;
  if (is_barred != nullptr && is_barred(action, outcomes)) return outcomes.skip(slot);
  // What was staged in its directory has come with it, unless that has not: then it comes by
  // itself. CRASH: killed after the rename of the directory, all of it has its name, and recovery
  // finds it there.
  if (slot.is_inside && staging.slots[slot.above].has_arrived) {
    slot.has_arrived = true;
    reports_.remember(slot, slot.staged->status);
    return outcomes.done(slot, Outcome::kOk, *slot.staged);
  }
  auto place = place_of(slot, staging);
  if (!place) return outcomes.failed(slot, place.error());
  const LookResult& look = is_made ? *slot.look : now;
  slot.has_arrived = perform(slot, step_of(slot, look, std::move(*place)), look);
}

// Where its object was staged, or what it displaces is to lie.
Result<StagedPlace> Committer::place_of(const Slot& slot, const StagedWindow& staging) {
  StagedPlace place{{job_.folders.back().get(), slot.name()}, {}, false};
  if (!slot.staged) return place;
  place.made = slot.staged->status;
  place.directory = staging.folders[slot.folder].get();
  if (!slot.is_inside) return place;
  place.directory = TRY(staging.trees.directory(slot.above));
  place.name = slot.action.path.name();
  return place;
}

void Committer::tell_only(const Slot& slot, bool comes_later) {
  if (comes_later || !reports_.is_told(slot)) reports_.outcomes().done(slot, Outcome::kOk);
}

Result<Published> Committer::not_the_leader(const Action& link) {
  return changed_error("link", "'" + link.other->shown() + "' is not what the source has");
}

// The file that a link is to be a name of, where the run has found or made it. Of a document, whose
// owner says nothing, another could have put one of the same size and time there since.
bool Committer::know_leader(const Slot& slot, const LookResult& look, Step& step) {
  const Action& action = slot.action;
  step.made = reports_.object_at(*action.other);
  const bool may_be_others =
      job_.looks.names != nullptr && !job_.looks.is_undo && !action.after->uid;
  if (step.made || !may_be_others) return true;
  step.made = looker_.leader_like_source(action, look);
  if (!step.made) return false;
  reports_.found(*action.other, *step.made);
  return true;
}

// Whether what was staged for the slot has its place now.
bool Committer::perform(const Slot& slot, Step step, const LookResult& look) {
  const bool is_known = !adds_name(slot.action) || know_leader(slot, look, step);
  const auto done = is_known ? do_step(site_, discards_, step) : not_the_leader(slot.action);
  const bool is_move = moves_entry(slot.action);
  // A copy would leave a backup without what was there.
  const bool may_go_near =
      !job_.request.atomic && (!is_move || (look.replica->is_file() && !job_.request.backup));
  if (crosses_file_systems(done) && may_go_near) {
    is_move ? beside_.copy_and_remove(slot, look) : beside_.do_again(slot, std::move(step), look);
    return false;
  }
  if (!is_move) return reports_.published(slot, step, done, slot.staged.value_or(Staged{}));
  if (done && *done == Published::kDone && look.replica->is_directory()) {
    moved_.insert(slot.action.path);
    opened_.moved(*slot.action.other, slot.action.path);
  }
  step.was_renamed = true;
  if (reports_.moved(slot, done, look)) {
    const auto changed = kMetadataStep.forward(site_, step);
    reports_.in_place(slot, changed, step.changed);
  }
  return false;
}

// What is not known to be there goes back with everything, and each action is done by itself.
bool Committer::take_tree(const std::vector<Slot>& slots, DoomedRange range) {
  const Slot& top = slots[range.end - 1];
  const RelPath& path = top.action.path;
  Outcomes& outcomes = reports_.outcomes();
  if (!discards_.nested().empty() || outcomes.is_not_emptied(path)) return false;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (outcomes.is_held(slots[i].action)) return false;
  }
  const LookResult look = looker_.look(top.action);
  const bool holds = look.finding == Finding::kHolds && !look.source &&
                     same_object(*look.replica, *top.look->replica);
  if (!holds) return false;
  std::vector<DoomedEntry> entries;
  entries.reserve(range.end - range.begin);
  for (std::size_t i = range.begin; i < range.end; ++i) {
    entries.push_back(doomed_entry(path, slots[i].action.path, *slots[i].look->replica));
  }
  const Place away{job_.folders.back().get(), top.name()};
  const Step step = step_of(top, look, {away, {}, false});
  DoomedTree tree(fs_, away, std::move(entries), job_.request.threads, &job_.wind_up);
  const auto taken = take_whole(site_, step, tree);
  if (!taken || *taken == Published::kOvertaken) return false;
  if (*taken == Published::kStranded) {
    const Error kept = reports_.put_aside(away);
    for (std::size_t i = range.begin; i < range.end; ++i) outcomes.failed(slots[i], kept);
    return true;
  }
  discards_.add(std::move(tree));
  reports_.touched().directories.insert(path.parent());
  for (std::size_t i = range.begin; i < range.end; ++i) outcomes.done(slots[i], Outcome::kOk);
  return true;
}

InPlace Committer::change_in_place(const Slot& slot, Looker& looker) const {
  InPlace task{.look = looker.look(slot.action)};
  if (!holds_as_then(slot, task.look) ||
      looker.name_outside(slot.action, task.look, reports_.names_added(slot))) {
    return task;
  }
  Site site{site_.fs,     looker.replica(), site_.publisher, site_.conflicts,
            site_.policy, site_.book,       site_.own_folder};
  Step step = step_of(slot, task.look, {});
  task.done = kMetadataStep.forward(site, step);
  task.changed = step.changed;
  return task;
}

void Committer::tell_in_place(const Slot& slot, const std::optional<InPlace>& done) {
  if (!done) return skip(slot);
  if (!reports_.holds_again(slot, done->look)) return;
  if (auto drift = looker_.name_outside(slot.action, done->look, reports_.names_added(slot))) {
    return reports_.outcomes().stale(slot, {std::move(*drift)});
  }
  reports_.in_place(slot, done->done.value_or(Published::kOvertaken), done->changed);
}

void Committer::finish(const Slot& slot) {
  const Action& action = slot.action;
  Outcomes& outcomes = reports_.outcomes();
  if (slot.error) return outcomes.failed(slot, *slot.error);
  if (!slot.look) return outcomes.skip(slot);
  // What could not be seen then has no attributes to be given now.
  if (slot.look->finding == Finding::kFailed) {
    outcomes.report_look(slot, *slot.look);
    return;
  }
  const LookResult look = looker_.look(action);
  // Some file systems date a directory that gets another parent, and others do not.
  const bool is_moved = look.finding == Finding::kAlready && moved_.contains(action.path);
  const bool gets_mode = look.finding == Finding::kHolds || look.finding == Finding::kAlready;
  if (gets_mode) opened_.gets_mode(action);
  if (look.finding == Finding::kAlready) opened_.has_mode(action);
  if (look.finding == Finding::kStale) {
    // It is not as planned because it could not be made so.
    if (const auto loss = job_.book.loss_of(action.path.bytes())) {
      return outcomes.failed(slot, *loss);
    }
  }
  if (!is_moved && outcomes.report_look(slot, look)) return;
  if (action.reasons.has(Reason::kXattrs) && !slot.new_xattrs) {
    return outcomes.stale(slot,
                          {{Side::kReplica, {"attributes", "as planned", "changed meanwhile"}}});
  }
  Step step = step_of(slot, look, {});
  const auto done = kFinishStep.forward(site_, step);
  if (step.changed.touched) reports_.touched().directories.insert(action.path);
  if (!done) return outcomes.failed(slot, done.error());
  if (*done == Published::kOvertaken) return reports_.stale_by_now(slot);
  opened_.has_mode(action);
  outcomes.done(slot, Outcome::kOk);
}

void Committer::learn_of_root() {
  const auto source = looker_.source_status(RelPath());
  if (!source || !*source) return;
  (void)learn_from_own({fs_, job_.policy, job_.book, job_.area.fd()}, **source, {});
}

}  // namespace foldersync
