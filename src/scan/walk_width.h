// How many threads a walk is worth: more than there are processors where it waits for a disk. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fs/clock.h"

namespace foldersync {

// What one thread did between two looks at its clocks, both while it had work.
struct WalkLap {
  double ended_at = 0;        // seconds; of one clock for all threads
  double seconds = 0;         // how long it took
  double waited_seconds = 0;  // of these, for a disk or a server
  std::uint64_t entries = 0;  // that were listed
};

// `waited_seconds`: what the processor did not work in, but for the part in which others had it.
WalkLap lap_between(const ThreadTimes& begin, const ThreadTimes& end, std::uint64_t entries);

// Doubles the number of threads while they wait for more than a quarter of their time. A doubling
// that does not make the walk faster is taken back; three of these are the end of it.
class WalkWidth {
 public:
  // Requires: 1 <= least <= most.
  WalkWidth(std::size_t least, std::size_t most) : width_(least), most_(most) {}

  // The number of threads that should work from now on, after what one of them has done. Laps come
  // about in the order of their ends.
  std::size_t after(const WalkLap& lap);

 private:
  void begin_stretch(double now);
  void decide(double entries_per_second);

  std::size_t width_;
  std::size_t width_before_ = 0;  // that is, before the last doubling
  std::size_t most_;
  // The stretch that is being watched: the laps of all threads.
  bool begun_ = false;
  double began_at_ = 0;
  double seconds_ = 0;
  double waited_seconds_ = 0;
  std::uint64_t entries_ = 0;
  // Entries a second before the last doubling, as long as its use is not known; 0: it is.
  double rate_before_ = 0;
  int rest_ = 0;  // stretches before the next try
  int tries_left_ = 3;
};

}  // namespace foldersync
