// When a cycle of a loop is due. Pure; times are seconds of one clock.
#pragma once

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

}  // namespace foldersync
