// The backups of a replica as a person asks for them: where they lie, which one is meant.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apply/backup/backup_list.h"
#include "cli/values/options.h"
#include "core/path.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "plan/stored_plan.h"
#include "scan/roots.h"
#include "state/memory.h"

namespace foldersync {

// So that who looks for a backup later need not say where it is; kept when the memory is saved.
void remember_backup_folder(Memory& memory, const Root& replica, const std::string& folder);

struct KeptBackups {
  Root replica;
  std::string folder;            // absolute
  std::vector<KeptBackup> runs;  // the oldest first
  Spooling spooling;

  // Those that were not taken back again: what they say leads from today to the past without a gap.
  [[nodiscard]] std::vector<KeptBackup> in_force() const;
  [[nodiscard]] std::string path_of(const KeptBackup& run) const { return folder + "/" + run.name; }
};

// `folder` is the option's; without one the folder is that which the memory knows. Nothing is made
// or written. Errors: kRefused where the replica or the backup folder can't be opened; kUsage where
// nobody knows where the backups lie.
Result<KeptBackups> open_backups(FileSystem& fs, const std::string& replica,
                                 const std::optional<std::string>& folder,
                                 const CommonOptions& common);

// Holds off other runs on the replica until the process ends, and lists the backups once more: what
// is read then belongs together. Error kLocked: a run is at work. Where nothing can be locked,
// nothing is.
Status hold_still(FileSystem& fs, KeptBackups& backups, const CommonOptions& common);

// The one that the text names: by its name, how that begins, or the short id at its end. Errors
// kUsage: none, or several; its detail lists some.
Result<KeptBackup> find_run(const std::vector<KeptBackup>& runs, const std::string& text);

// Its undo. Errors: the file can't be read, or is not valid.
Result<StoredPlan> read_undo(FileSystem& fs, const KeptBackups& backups, const KeptBackup& run);

// A path below the replica, as a person names it: from the replica's root, or one that leads into
// the replica. Error kUsage where it is neither.
Result<RelPath> path_in(const Root& replica, const std::string& text);

}  // namespace foldersync
