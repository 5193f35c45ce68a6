// The names of backups in a backup folder: by the time of the run. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/file_time.h"

namespace foldersync {

// "2026-12-01T03.20.15.123Z-89abcdef": when the backup was begun, in UTC, so that names sort by
// time, and the end of `id`, a UUID. Where the time has no such form it is the id.
std::string backup_name(FileTime created, std::string_view id);

// The time that a name tells, "." and a number behind it left aside; nothing: it is no backup's.
// Backups of version 1.0 have the id of their plan as a name, which begins with the time of that.
std::optional<FileTime> time_of_backup(std::string_view name);

}  // namespace foldersync
