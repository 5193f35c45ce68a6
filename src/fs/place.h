// A name in a directory that is held open.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

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

// Of a directory, for its owner; false where it is none.
bool make_writable(FileSystem& fs, const Place& directory);

// One rename, from one such name to another.
Status rename_to(FileSystem& fs, const Place& from, const Place& to, RenameMode mode);

// Does `rename`, which gives the directory at `place` another parent: a plain user may do that only
// while it is writable, so that it is made so, and this done once more, where it is denied.
template <class Rename>
Status rename_directory(FileSystem& fs, const Place& place, const Rename& rename) {
  Status renamed = rename();
  const bool is_denied = !renamed && renamed.error().error_number == EACCES;
  return is_denied && make_writable(fs, place) ? rename() : std::move(renamed);
}

}  // namespace foldersync
