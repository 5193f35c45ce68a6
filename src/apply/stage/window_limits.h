// How much of a plan is staged, renamed and purged together.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fs/clock.h"

namespace foldersync {

struct WindowLimits {
  std::size_t actions = 10'000;
  std::uint64_t bytes = std::uint64_t{1} << 30U;  // of content to write
  double stage_seconds = 5;                       // then no more of the window is staged
  double wind_up_seconds = 0.5;  // told to stop, so long what is visible in part is finished, and
                                 // the old removed
  bool clears_apart = false;     // phase clear has windows of its own: it makes room for the others
  bool alone = false;            // none is staged before what the one before displaced is gone
  double (*clock)() = monotonic_seconds;  // any thread
};

}  // namespace foldersync
