#include "fs/alarm.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <cmath>

namespace foldersync {

Alarm Alarm::at_boot_seconds(double moment) { return at(CLOCK_BOOTTIME, moment, 0); }

Alarm Alarm::at_time_of_day(double time) {
  return at(CLOCK_REALTIME, time, TFD_TIMER_CANCEL_ON_SET);
}

Alarm Alarm::at(clockid_t clock, double moment, int flags) {
  Fd timer(::timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer.is_open()) return Alarm(Fd());
  const double whole = std::floor(std::max(moment, 0.0));
  itimerspec times{};
  times.it_value.tv_sec = static_cast<std::time_t>(whole);
  // All of it 0 would be no time at all.
  times.it_value.tv_nsec = std::max(1L, static_cast<long>((moment - whole) * 1e9));
  const bool is_set =
      ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME | flags, &times, nullptr) == 0;
  return Alarm(is_set ? std::move(timer) : Fd());
}

}  // namespace foldersync
