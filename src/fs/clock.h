// What time it is.
#pragma once

#include "core/file_time.h"

namespace foldersync {

// The time of day, as file systems stamp it.
FileTime wall_clock_now();

// Since some moment in the past; never goes back.
double monotonic_seconds();

}  // namespace foldersync
