#include "cli/schedule.h"

#include <algorithm>

namespace foldersync {

double next_due(const PastCycle& past, double interval) {
  // Where a process is woken a little late each time, the cycles do not drift.
  constexpr double kNotLate = 1;
  const double start = past.began - past.due < kNotLate ? past.due : past.began;
  return std::max(start + interval, past.ended);
}

}  // namespace foldersync
