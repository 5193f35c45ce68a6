// A moment that can be waited for beside other things.
#pragma once

#include <ctime>

#include "fs/fd.h"

namespace foldersync {

// Comes also while the system is suspended: then it is there when the system wakes, which it does
// not do for its sake.
class Alarm {
 public:
  // When boot_seconds() is so much.
  static Alarm at_boot_seconds(double moment);

  // At that time, seconds of UTC, or as soon as somebody sets the clock.
  static Alarm at_time_of_day(double time);

  // Can be read from then on, see poll(2). -1 where the system gives none.
  [[nodiscard]] int descriptor() const { return timer_.get(); }

 private:
  explicit Alarm(Fd timer) : timer_(std::move(timer)) {}

  static Alarm at(clockid_t clock, double moment, int flags);

  Fd timer_;
};

}  // namespace foldersync
