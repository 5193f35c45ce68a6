// Under which name it is kept what a file system can't hold.
#pragma once

#include <optional>
#include <string>

#include "fs/file_system.h"

namespace foldersync {

// Of the file system that holds `fd` and has the id `file_system`. Only a UUID is one file system's
// own: what else an id is made of, the next one that is mounted may get, and one that holds all
// must not be taken for one that does not. So type and source are part of the name then. Nothing
// where these can't be had: what is learned holds for the run.
std::optional<std::string> limits_key(FileSystem& fs, int fd, const std::string& file_system);

}  // namespace foldersync
