// What the kernel's table of mounts says (/proc/self/mountinfo).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foldersync {

// Type and source of a mount, as "fuse.sshfs host:folder": as they stand in `table`, escapes
// included. Nothing where the mount is not there, or is not told in full.
std::optional<std::string> mounted_as(std::string_view table, std::uint64_t mount);

}  // namespace foldersync
