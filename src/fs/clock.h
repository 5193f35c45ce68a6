// The time of day, as file systems stamp it.
#pragma once

#include "core/file_time.h"

namespace foldersync {

FileTime wall_clock_now();

}  // namespace foldersync
