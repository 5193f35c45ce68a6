// How much of the disks a person leaves to others, as it is typed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fs/io_priority.h"

namespace foldersync {

// "512K", "20M", "1G" (times 1024) or bytes, each a second; 0: no bound. Nothing where it is none
// of these.
std::optional<std::uint64_t> parse_rate(std::string_view text);

// "idle", "best-effort" or "realtime", the latter two also with a level, as "best-effort:7".
// Nothing where it is none of these.
std::optional<IoPriority> parse_io_priority(std::string_view text);

}  // namespace foldersync
