#include "apply/beside_target.h"

#include <utility>

#include "apply/live_step.h"

namespace foldersync {

BesideTarget::BesideTarget(const Job& job, Looker& looker, Site& site, Discards& discards,
                           LiveReports& reports)
    : job_(job), stager_(job, looker), site_(site), discards_(discards), reports_(reports) {}

// In the staging folder that is as near to the path as any can be.
Result<StagedPlace> BesideTarget::place_for(const RelPath& path, const Slot& slot) {
  StagedPlace place{{job_.folders.back().get(), slot.name()}, {}, true};
  if (!path.parent().is_root()) {
    place.directory = TRY(discards_.nested().in(path.parent(), site_.replica));
  }
  return place;
}

// What is staged there comes after the window's barrier, and may lie on another file system.
Result<Staged> BesideTarget::stage(const Slot& slot, const LookResult& look, const Place& place) {
  Action today = slot.action;
  today.after = look.after;
  auto made = TRY(stager_.stage(today, look, place));
  if (!job_.request.durable || !made.status.is_file() || job_.sync_each) return made;
  const auto file = site_.fs.open_file(place.directory, place.name.c_str());
  const Status synced = file ? site_.fs.sync(file->get()) : Status(file.error());
  if (synced) return made;
  (void)site_.fs.remove_file(place.directory, place.name.c_str());  // else it goes with its folder
  return synced.error();
}

void BesideTarget::do_again(const Slot& slot, Step step, const LookResult& look) {
  auto place = place_for(slot.action.path, slot);
  if (!place) return reports_.outcomes().failed(slot, std::move(place).error());
  step.staged = std::move(*place);
  Staged made;
  if (slot.staged) {
    const auto staged = stage(slot, look, step.staged);
    if (!staged) return reports_.staging_failed(slot, staged.error(), stager_.take_drift());
    made = *staged;
    step.staged.made = made.status;
  }
  const auto done = do_step(site_, discards_, step);
  (void)reports_.published(slot, step, done, made);
}

void BesideTarget::copy_and_remove(const Slot& slot, const LookResult& look) {
  Slot copy{.action = slot.action, .seq = slot.seq};
  copy.action.op = Op::kCreate;
  copy.action.other.reset();
  copy.action.before.reset();
  LookResult of_source = look;
  of_source.replica.reset();
  auto place = place_for(slot.action.path, slot);
  if (!place) return reports_.outcomes().failed(slot, std::move(place).error());
  auto made = stage(copy, of_source, *place);
  if (!made) return reports_.outcomes().failed(slot, std::move(made).error());
  place->made = made->status;
  Step create = step_of(copy, of_source, std::move(*place));
  const auto created = do_step(site_, discards_, create);
  if (!created || *created != Published::kDone) {
    (void)reports_.published(slot, create, created, *made);
    return;
  }
  reports_.touched().directories.insert(slot.action.path.parent());
  Slot origin{.action = slot.action, .seq = slot.seq};
  origin.action.op = Op::kDelete;
  origin.action.path = *slot.action.other;
  auto away = place_for(origin.action.path, slot);
  if (!away) return reports_.outcomes().failed(slot, std::move(away).error());
  Step remove = step_of(origin, look, std::move(*away));
  const auto removed = do_step(site_, discards_, remove);
  (void)reports_.published(slot, remove, removed, *made);
  if (removed) reports_.touched().directories.insert(origin.action.path.parent());
}

}  // namespace foldersync
