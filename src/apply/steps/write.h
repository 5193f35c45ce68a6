// Giving what was staged its path.
#pragma once

#include "apply/steps/step.h"

namespace foldersync {

// One rename: in place of the old, where there is some, which then has the staged name.
Result<Published> put_in_place(Site& site, const Step& step);

// The way back of whatever put_in_place() may have done.
Result<Published> take_out(Site& site, Step& step);

}  // namespace foldersync
