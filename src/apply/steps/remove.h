// Deletions: what is to go gets a name in the staging folder.
#pragma once

#include "apply/steps/doomed_tree.h"
#include "apply/steps/step.h"

namespace foldersync {

// Takes the step's directory away with all that is deleted in it, by one rename. Where there is
// something else in it, it goes back with everything: kOvertaken.
Result<Published> take_whole(Site& site, const Step& step, const DoomedTree& tree);

}  // namespace foldersync
