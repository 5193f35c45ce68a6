#include "fs/clock.h"

#include <sys/resource.h>

#include <ctime>

namespace foldersync {

namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

FileTime wall_clock_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return {now.tv_sec, static_cast<std::uint32_t>(now.tv_nsec)};
}

double wall_clock_seconds() { return seconds_of(CLOCK_REALTIME); }

std::int64_t zone_offset(std::int64_t time) {
  const std::time_t seconds = time;
  tm local{};
  ::tzset();
  return ::localtime_r(&seconds, &local) == nullptr ? 0 : local.tm_gmtoff;
}

double monotonic_seconds() { return seconds_of(CLOCK_MONOTONIC); }
double boot_seconds() { return seconds_of(CLOCK_BOOTTIME); }

void sleep_for(double seconds) {
  const auto whole = static_cast<std::time_t>(seconds);
  const timespec time{whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
  // Woken by a signal, the caller looks at the clock and at whatever it waits for.
  (void)::nanosleep(&time, nullptr);
}

ThreadTimes thread_times() {
  rusage used{};
  // It fails for a wrong address only; and where no time goes by, nobody waits.
  (void)::getrusage(RUSAGE_THREAD, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {monotonic_seconds(), seconds(used.ru_utime) + seconds(used.ru_stime),
          static_cast<std::uint64_t>(used.ru_nvcsw), static_cast<std::uint64_t>(used.ru_nivcsw)};
}

}  // namespace foldersync
