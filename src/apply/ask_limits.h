// What was learned of a file system once, asked again: another server, another mount option, or
// what passes by itself, may be the reason that it holds more today.
#pragma once

#include "apply/stage/staging_key.h"
#include "core/file_system_limits.h"
#include "fs/file_system.h"
#include "plan/facts.h"
#include "scan/roots.h"

namespace foldersync {

struct LimitsQuestion {
  FileSystem& fs;
  const Root& replica;  // the caller holds its lock, and nothing of a killed run is left
  StagingKeys& keys;
  const Policy& policy;  // with the limits that are known
};

// Those of the known limits that are still so. Asks an object of our own: a file without a name,
// for which no time of a folder moves; where there are none, and for symlinks, one in a staging
// folder, after which the root has the time that it had. What can't be asked is still so.
FileSystemLimits ask_limits(const LimitsQuestion& question);

}  // namespace foldersync
