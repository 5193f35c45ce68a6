// Telling a person of folders that have our name and can't be shown to be ours.
#pragma once

#include <string>
#include <vector>

#include "apply/recovery/leftovers.h"
#include "cli/console/log.h"
#include "scan/roots.h"
#include "state/memory.h"

namespace foldersync {

struct UnprovenTold {
  bool is_news = false;  // one of them is there for the first time: the run is not all well
  std::string summary;   // for the last line of a run; empty where there are none
};

// Says which of ours could not be removed, each time. The answer: whether there are some.
bool tell_stuck(Log& log, const std::vector<Error>& stuck);

// Says once of each what it is and what to do; the memory (may be null) keeps which were told.
UnprovenTold tell_unproven(Log& log, Memory* memory, const Root& replica,
                           const std::vector<Unproven>& unproven);

}  // namespace foldersync
