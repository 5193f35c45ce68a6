// What time it is.
#pragma once

#include <cstdint>

#include "core/file_time.h"

namespace foldersync {

// The time of day, as file systems stamp it.
FileTime wall_clock_now();

double wall_clock_seconds();

// By how many seconds the clocks of the local time zone are ahead of UTC at that time, seconds of
// UTC; as its rules are now, also where somebody has just set another zone. Any thread.
std::int64_t zone_offset(std::int64_t time);

// Since some moment in the past; never goes back.
double monotonic_seconds();

// Likewise, and what time the system was suspended counts.
double boot_seconds();

// Less where a signal comes.
void sleep_for(double seconds);

// How a thread has spent its time, since some moment in the past.
struct ThreadTimes {
  double wall_seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t gave_up_processor = 0;  // how often it had to wait for something
  std::uint64_t lost_processor = 0;     // how often others took it
};

// Of the thread that asks.
ThreadTimes thread_times();

}  // namespace foldersync
