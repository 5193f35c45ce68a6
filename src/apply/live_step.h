// Steps as a run does them, read off the slots of its window.
#pragma once

#include "apply/discards.h"
#include "apply/stage/slot.h"
#include "apply/steps/step.h"

namespace foldersync {

// The slot's action, after `look`, the last look at it. The slot outlives the step.
Step step_of(const Slot& slot, const LookResult& look, StagedPlace place);

// Does it. A directory that vanishes holds none of the window's staging folders then.
Result<Published> do_step(Site& site, Discards& discards, Step& step);

}  // namespace foldersync
