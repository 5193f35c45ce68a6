// Backups as a person asks for them: where what is replaced or deleted is kept, and for how long.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "apply/stage/request.h"
#include "cli/values/options.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "scan/roots.h"

namespace foldersync {

// Makes the backup folder where it is missing and its parent exists. Error kRefused where it can't
// be opened then; to be asked before anything else is touched.
Status make_backup_folder(FileSystem& fs, const BackupOptions& options);

// What apply is told of it; nothing where nothing is to be kept.
// `identity`: see BackupOrder.
std::optional<BackupOrder> backup_order(const BackupOptions& options, const std::string& identity);

// Removes backups that are older, or more, than is wanted, but not that of this run, `newest`; a
// warning for people, or empty. `stop`: the rest is left to the next run.
std::string prune_backups(FileSystem& fs, const BackupOptions& options, const Root& replica,
                          const std::string& newest, const std::atomic<bool>& stop);

}  // namespace foldersync
