// What a command has at hand from its start to its end.
#pragma once

#include "cli/console/log.h"
#include "cli/console/terminal.h"
#include "cli/history/run_outcome.h"
#include "cli/kept/kept_state.h"
#include "cli/process/signals.h"
#include "cli/values/options.h"
#include "cli/walls/confinement.h"
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
