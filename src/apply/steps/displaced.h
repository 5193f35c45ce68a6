// What lies in a staging folder under a step's name, found there after a kill, and how it gets back
// to its path.
#pragma once

#include <optional>

#include "apply/steps/step.h"

namespace foldersync {

// What lies under the step's staged name. Where names can't be exchanged, and the old object waits
// under a name of its own, that is brought to an end first.
Result<std::optional<FileStatus>> staged_by_now(Site& site, const Step& step);

// Of what was somebody else's when it was displaced: it goes back to the step's path, and what took
// its place comes out again. kOvertaken, or kStranded where it can't.
Result<Published> give_back(Site& site, const Step& step);

// Gives the old object its name back. kStranded: others have taken that.
Result<Published> bring_back(Site& site, const Step& step);

// Makes a directory anew that was removed at once, where directories can't be renamed. One that is
// there stays.
Result<Published> make_again(Site& site, const RelPath& path);

}  // namespace foldersync
