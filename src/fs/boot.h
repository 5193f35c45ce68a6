// Which boot of the system this is.
#pragma once

#include <string>

namespace foldersync {

// The kernel's random id of this boot; empty where it is not told.
std::string boot_id();

}  // namespace foldersync
