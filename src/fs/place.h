// A name in a directory that is held open.
#pragma once

#include <optional>
#include <string>

#include "core/file_status.h"
#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

struct Place {
  int directory = -1;
  std::string name;
};

// What has the name; nothing where nothing has it.
Result<std::optional<FileStatus>> status_at(FileSystem& fs, const Place& place);

// One rename, from one such name to another.
Status rename_to(FileSystem& fs, const Place& from, const Place& to, RenameMode mode);

}  // namespace foldersync
