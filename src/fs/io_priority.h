// How urgent the kernel takes what this process reads and writes.
#pragma once

#include <cstdint>

#include "core/result.h"

namespace foldersync {

enum class IoClass : std::uint8_t { kRealtime = 1, kBestEffort = 2, kIdle = 3 };

struct IoPriority {
  IoClass io_class = IoClass::kBestEffort;
  int level = 4;  // 0, the most urgent, to 7; of no meaning where it is idle
};

// Of the thread that calls, and of all that it starts from now on. EPERM where realtime is not
// allowed.
Status set_io_priority(IoPriority priority);

}  // namespace foldersync
