// The file system of this machine (Linux 5.8 or newer).
#pragma once

#include "fs/file_system.h"

namespace foldersync {

// There is one, for all threads and for as long as the program runs.
FileSystem& posix_file_system();

}  // namespace foldersync
