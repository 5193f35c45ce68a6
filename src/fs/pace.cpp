#include "fs/pace.h"

#include <algorithm>
#include <utility>

#include "fs/clock.h"

namespace foldersync {
namespace {

constexpr std::uint64_t kLeastStep = 64 * 1024;
// Without a bound: until it is looked again whether there is one.
constexpr std::uint64_t kFreeStep = 64 * 1024 * 1024;
// A signal says to stop by a flag; whoever waits looks at it so often, and at the rate.
constexpr double kSliceSeconds = 0.05;

TokenBucket bucket_of(std::uint64_t rate, double now) {
  return {static_cast<double>(std::max<std::uint64_t>(rate, 1)), now};
}

}  // namespace

Pace::Pace(Rate rate)
    : ask_(std::move(rate)),
      rate_(ask_()),
      looked_at_(monotonic_seconds()),
      bucket_(bucket_of(rate_, looked_at_)) {}

std::uint64_t Pace::step() const {
  const std::uint64_t rate = rate_;
  return rate == 0 ? kFreeStep : std::max(rate / 10, kLeastStep);
}

// Requires: the lock is held.
std::uint64_t Pace::look(double now) {
  if (now - looked_at_ < kSliceSeconds) return rate_;
  looked_at_ = now;
  const std::uint64_t rate = ask_();
  if (rate != rate_) bucket_ = bucket_of(rate, now);
  rate_ = rate;
  return rate;
}

void Pace::keep(std::uint64_t bytes, const std::atomic<bool>* stop) {
  double now = monotonic_seconds();
  std::unique_lock lock(mutex_);
  std::uint64_t rate = look(now);
  double left = rate == 0 ? 0 : bucket_.take(bytes, now);
  lock.unlock();
  while (left > 0) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return;
    sleep_for(std::min(left, kSliceSeconds));
    const double before = std::exchange(now, monotonic_seconds());
    left -= now - before;
    lock.lock();
    const std::uint64_t other = look(now);
    lock.unlock();
    if (other == 0) return;
    left *= static_cast<double>(std::exchange(rate, other)) / static_cast<double>(other);
  }
}

}  // namespace foldersync
