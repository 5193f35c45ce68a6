#include "cli/loop/schedule.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace foldersync {
namespace {

std::int64_t whole(double time) { return static_cast<std::int64_t>(std::floor(time)); }

}  // namespace

double next_due(const PastCycle& past, double interval) {
  // Where a process is woken a little late each time, the cycles do not drift.
  constexpr double kNotLate = 1;
  const double start = past.began - past.due < kNotLate ? past.due : past.began;
  return std::max(start + interval, past.ended);
}

bool Starts::is_outside(double time) const { return window && !window->is_open(whole(time)); }

double Starts::begin_of(double due, double share) const {
  if (!window) return due + share * jitter;
  const double opened = is_outside(due) ? static_cast<double>(window->opens_at(whole(due))) : due;
  const double open_for = static_cast<double>(window->closes_at(whole(opened))) - opened;
  return opened + share * std::clamp(open_for, 0.0, jitter);
}

}  // namespace foldersync
