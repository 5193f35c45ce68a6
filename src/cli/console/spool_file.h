// A spool in a file that nobody else can see and that goes with the process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "fs/fd.h"
#include "plan/spool.h"

namespace foldersync {

// A file in the folder that has no name. Closed where it can't be made, see errno.
Fd nameless_file(const std::string& folder);

// Spools in files in `state_folder`, where it is there, or else where temporary files are.
Spooling spooling_in(std::string state_folder);

// Makes it in the first of `folders` that allows it, without a name. What can't be written or read
// later (a full disk, say) is an error that names the folder. Any thread.
Result<std::unique_ptr<Spool>> make_spool_file(const std::vector<std::string>& folders);

}  // namespace foldersync
