// Files and folders by the names that a person gives them; and where the program's own may lie.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/values/options.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "scan/roots.h"

namespace foldersync {

// The name made absolute, without looking at the file system.
std::string absolute_name(const std::string& name);
// Likewise; empty where there is none.
std::string absolute_if_named(const std::optional<std::string>& name);

// $HOME, else what the password file says; empty where neither tells.
std::string home_folder();

// The state folder, absolute; empty where none was named and no home folder is known.
std::string state_folder_of(const std::optional<std::string>& named);

// Opens source and replica; "/" and the home folder are never a replica.
Result<Roots> open_roots(FileSystem& fs, const FolderOptions& folders);

// Error kRefused where one of these files or folders of the program's own (absolute; empty: there
// is none) would lie in the replica, or be it.
Status refuse_inside(FileSystem& fs, const Root& replica, const std::vector<std::string>& files);

// The same, also of a replica that does not exist yet, and where one would be the source itself.
// The answer: those that lie in the source, as paths below it, sorted; plans leave them out.
Result<std::vector<std::string>> place_own_files(FileSystem& fs, const Roots& roots,
                                                 const std::vector<std::string>& files);

}  // namespace foldersync
