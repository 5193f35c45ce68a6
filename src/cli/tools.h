// What a command has at hand from its start to its end.
#pragma once

#include "cli/confinement.h"
#include "cli/kept_state.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/run_outcome.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "fs/file_system.h"

namespace foldersync {

struct Tools {
  FileSystem& fs;
  KeptState& state;
  Signals& signals;
  Log& log;
  const CommonOptions& options;
  RunOutcome& outcome;       // of the attempt under way
  ProgressCounts& progress;  // of what is done now

  // See write_nowhere_else(); the state folder is added. A refusal is a warning.
  void confine(WrittenPlaces places) const;
  // Says what there is to say of cache and memory.
  void log_warnings() const;
};

}  // namespace foldersync
