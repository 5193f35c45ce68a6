// The pace of a command by its timetable.
#pragma once

#include <memory>

#include "cli/values/timetable.h"
#include "fs/pace.h"

namespace foldersync {

// By the clocks of the local time zone. Null where there is never a bound.
std::unique_ptr<Pace> pace_of(const Timetable& timetable);

}  // namespace foldersync
