#include "apply/live_step.h"

#include <utility>

namespace foldersync {

Step step_of(const Slot& slot, const LookResult& look, StagedPlace place) {
  Step step{.action = slot.action, .staged = std::move(place), .old = look.replica};
  step.wanted = look.wanted;
  if (step.old && !has_proof(*step.old) && slot.look && slot.look->replica) {
    step.old->incarnation = slot.look->replica->incarnation;
  }
  if (slot.new_xattrs) step.new_xattrs = &*slot.new_xattrs;
  return step;
}

Result<Published> do_step(Site& site, Discards& discards, Step& step) {
  if (discards.nested().has(step.action.path)) TRY(discards.purge_nested());
  return kind_of(step.action).forward(site, step);
}

}  // namespace foldersync
