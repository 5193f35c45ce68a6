#include "cli/loop/start_wait.h"

#include <sys/random.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "cli/console/console.h"
#include "core/text.h"
#include "fs/alarm.h"
#include "fs/clock.h"

namespace foldersync {
namespace {

// From 0 on, below 1. Where the system has no random numbers, nobody waits.
double random_share() {
  std::uint32_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) return 0;
  return std::ldexp(static_cast<double>(number), -32);
}

Starts starts_of(const StartOptions& options) {
  Starts starts{.jitter = options.jitter_seconds};
  if (!options.between.empty()) starts.window.emplace(options.between, zone_offset);
  return starts;
}

std::string in_seconds(double seconds) {
  return " in " + human_count(static_cast<std::uint64_t>(std::ceil(seconds))) + " s";
}

}  // namespace

StartWait::StartWait(const StartOptions& options, const Tools& tools, std::string what)
    : starts_(starts_of(options)), tools_(tools), what_(std::move(what)) {}

bool StartWait::wait(double due, const Woken& woken) {
  const double share = random_share();
  // Between two cycles it is no news that there is a time between them.
  bool is_first = !std::exchange(has_waited_, true);
  bool is_told = false;
  while (!tools_.signals.stop()) {
    const double booted = boot_seconds();
    const double now = starts_.window ? wall_clock_seconds() : booted;
    const double due_now = due - booted + now;  // by the same clock
    const double left = starts_.begin_of(due_now, share) - now;
    if (left <= 0 && !starts_.is_outside(now)) return true;
    if (left <= 0) {
      due = booted;  // the machine slept until it was closed again
      continue;
    }
    const bool is_late = starts_.is_outside(due_now);
    if ((is_first || is_late) && !std::exchange(is_told, true)) say(now, left, is_late);
    const double step = std::min(left, woken(left).value_or(left));
    if (tools_.signals.take_progress_wish())
      tell(what_ + in_seconds(left) + reason(is_late), Level::kInfo);
    tools_.signals.wait(starts_.window ? Alarm::at_time_of_day(now + step)
                                       : Alarm::at_boot_seconds(booted + step));
  }
  return false;
}

void StartWait::say(double now, double left, bool is_late) const {
  const std::string at =
      starts_.window ? " at " + starts_.window->clock_text(now + left) + "," : "";
  tools_.log.info(what_ + at + in_seconds(left) + reason(is_late));
  tools_.log.flush();
}

std::string StartWait::reason(bool is_late) const {
  if (is_late) return " (--between " + to_string(starts_.window->ranges()) + ")";
  return starts_.jitter > 0 ? " (--jitter)" : "";
}

}  // namespace foldersync
