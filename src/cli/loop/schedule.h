// When a cycle of a loop is due, and when it begins. Pure; times are seconds of one clock.
#pragma once

#include <optional>

#include "cli/values/time_window.h"

namespace foldersync {

// A cycle that has ended.
struct PastCycle {
  double due = 0;
  double began = 0;
  double ended = 0;
};

// Start to start. A cycle that overruns is followed at once by one, never by two, and so is a
// machine that was suspended over several.
double next_due(const PastCycle& past, double interval);

// What is due does not begin before `window` opens, where there is one, and then some time later,
// so that many machines do not begin at once: `share` of `jitter`, or of what is left of the
// window.
struct Starts {
  double jitter = 0;
  std::optional<TimeWindow> window = std::nullopt;

  // Times are seconds of UTC where there is a window. `share`: from 0 on, below 1.
  [[nodiscard]] double begin_of(double due, double share) const;
  // Whether it has to wait for the window.
  [[nodiscard]] bool is_outside(double time) const;
};

}  // namespace foldersync
