// Ways to folders that are written to, where others could exchange a name on them: there the folder
// must be the one that the memory knows by its path.
#pragma once

#include <string>
#include <vector>

#include "cli/kept/kept_state.h"
#include "cli/values/options.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "scan/roots.h"
#include "state/last_run.h"

namespace foldersync {

enum class OtherFolder : bool { kIsRefused, kIsMeant };

struct Way {
  const char* what;          // "replica"
  const std::string& path;   // absolute, as a person named it
  std::string exchangeable;  // see NamedPlace; empty: nothing is asked
  // Of the folder that was found, by all its names; first the one that is remembered.
  std::vector<std::string> identities;
  std::string known;  // by what else is remembered; empty: nothing
};

// Error kRefused where it is another folder than the memory knows. The first time there is a
// warning, and it is remembered when the state is saved. Requires: the state is open.
Status meet(KeptState& state, const Way& way, OtherFolder other);

// The same of the replica (`known`: what the last run saw, without names where nothing is known),
// and of the backup folder, where one is wanted; that exists. The answer
// of the second: which folder it has to be when it is written to; empty: nobody exchanges it.
Status meet_replica(KeptState& state, const Root& replica, const FolderMemory& known,
                    OtherFolder other);
Result<std::string> meet_backup_folder(FileSystem& fs, KeptState& state,
                                       const BackupOptions& options, OtherFolder other);

}  // namespace foldersync
