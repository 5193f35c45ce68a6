// Told to stop, what is begun goes on for a moment, by which time most of it is done.
#pragma once

#include <atomic>

#include "core/result.h"
#include "fs/clock.h"
#include "fs/stop.h"

namespace foldersync {

// One for all that a run does from then on: the moment begins when any of it asks first. Any
// thread.
class WindUp {
 public:
  // `stop` is set by others, and stays set; null: nobody tells. `seconds`: that are left then;
  // 0: what is begun ends at once.
  WindUp(const std::atomic<bool>* stop, double seconds, double (*clock)() = monotonic_seconds)
      : stop_(stop), seconds_(seconds), clock_(clock) {}
  WindUp(const WindUp&) = delete;
  WindUp& operator=(const WindUp&) = delete;

  // Whether it was told to stop, and the time is up. From then on it is.
  [[nodiscard]] bool is_over() const {
    if (!is_told_to_stop(stop_)) return false;
    const double now = clock_();
    double until = kUntold;
    if (until_.compare_exchange_strong(until, now + seconds_)) until = now + seconds_;
    return now >= until;
  }

  // Error kStopped where it is.
  [[nodiscard]] Status heed(const char* doing) const {
    return is_over() ? foldersync::heed(stop_, doing) : success();
  }

  // For what is longer than that time: the flag itself.
  [[nodiscard]] const std::atomic<bool>* flag() const { return stop_; }

  // For what can only end at once: the flag, or null while there is time left.
  [[nodiscard]] const std::atomic<bool>* at_once() const {
    return seconds_ <= 0 || is_over() ? stop_ : nullptr;
  }

 private:
  static constexpr double kUntold = -1;

  const std::atomic<bool>* stop_;
  double seconds_;
  double (*clock_)();
  mutable std::atomic<double> until_{kUntold};
};

}  // namespace foldersync
