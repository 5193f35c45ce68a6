// What time it is.
#pragma once

#include <cstdint>

#include "core/file_time.h"

namespace foldersync {

// The time of day, as file systems stamp it.
FileTime wall_clock_now();

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
