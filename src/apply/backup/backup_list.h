// Finding the backups of a replica in a backup folder.
//
// Others may write in that folder: only what belongs to the caller, and nobody else can write,
// counts, and only under the name that it was made by, so that nobody plants one or makes one
// older.
#pragma once

#include <string>
#include <vector>

#include "core/file_time.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "plan/plan.h"

namespace foldersync {

struct KeptBackup {
  std::string name;
  FileTime time;  // that the name tells
  bool is_undone = false;
  bool has_gap_before = false;  // older ones stayed, and some between were removed
};

// The oldest first. Those of other replicas are left out. Errors: the folder can't be opened or
// read.
Result<std::vector<KeptBackup>> list_backups(FileSystem& fs, const std::string& folder,
                                             const RootReference& replica);

// Whether the open folder belongs to the caller alone.
bool is_callers_alone(const Result<FileStatus>& status);
// Whether the undo in the open folder `backup`, which has that name, is the caller's alone and
// about the replica. One that was made together with the replica does not know which folder that
// became.
bool is_undo_of(FileSystem& fs, int backup, const std::string& name, const RootReference& replica);

// Notes in the folder of a backup that what was between it and the next older one was removed.
Status note_gap(FileSystem& fs, int folder, const std::string& name);

// Noted in the folder of a backup (absolute) of this replica that was taken back as a whole. Opened
// before anything is done, as nothing may be made there afterwards. Error kChanged: it is no backup
// of the replica that is the caller's alone.
Result<Fd> open_undone_note(FileSystem& fs, const std::string& backup,
                            const RootReference& replica);
Status note_undone(FileSystem& fs, int note, FileTime now);

}  // namespace foldersync
