#include "fs/pace.h"

#include <algorithm>

#include "fs/clock.h"

namespace foldersync {
namespace {

constexpr std::uint64_t kLeastStep = 64 * 1024;
// A signal says to stop by a flag; whoever waits looks at it so often.
constexpr double kSliceSeconds = 0.05;

}  // namespace

Pace::Pace(std::uint64_t bytes_per_second)
    : step_(std::max(bytes_per_second / 10, kLeastStep)),
      bucket_(static_cast<double>(bytes_per_second), monotonic_seconds()) {}

void Pace::keep(std::uint64_t bytes, const std::atomic<bool>* stop) {
  const double now = monotonic_seconds();
  double until = now;
  {
    const std::lock_guard lock(mutex_);
    until += bucket_.take(bytes, now);
  }
  for (double left = until - now; left > 0; left = until - monotonic_seconds()) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return;
    sleep_for(std::min(left, kSliceSeconds));
  }
}

}  // namespace foldersync
