#include "cli/planning/bandwidth.h"

#include <cstdint>

#include "cli/values/time_window.h"
#include "fs/clock.h"

namespace foldersync {

std::unique_ptr<Pace> pace_of(const Timetable& timetable) {
  if (!timetable.is_bound()) return nullptr;
  return std::make_unique<Pace>([timetable] {
    if (!timetable.changes()) return timetable.at(0);
    const std::int64_t now = wall_clock_now().seconds;
    return timetable.at(minute_of_day(now + zone_offset(now)));
  });
}

}  // namespace foldersync
