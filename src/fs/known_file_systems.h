// What is known of the file system that an open entry lies on; see FileSystem for what each says.
#pragma once

#include <string>
#include <vector>

#include "fs/file_system.h"

namespace foldersync {

// `fs` gives the entry's status where that is needed.
Result<std::string> file_system_id(FileSystem& fs, int fd);
Result<std::vector<std::string>> file_system_ids(FileSystem& fs, int fd);
Result<Sharing> sharing_of(int fd);
Result<FileSystemFacts> facts_of(int fd);

}  // namespace foldersync
