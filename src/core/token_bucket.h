// How long somebody has to wait who may use so much a second. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace foldersync {

// Fills with `rate` units a second, up to a tenth of a second's worth. Times are seconds of one
// clock.
class TokenBucket {
 public:
  // Requires: rate > 0. It begins full.
  TokenBucket(double rate, double now) : rate_(rate), filled_at_(now), held_(rate / 10) {}

  // Takes `amount`, which may be more than there is: then the next one pays for it as well. The
  // answer: so many seconds are to be waited before that much may have been used.
  double take(std::uint64_t amount, double now) {
    const double passed = std::max(now - filled_at_, 0.0);
    held_ = std::min(held_ + passed * rate_, rate_ / 10);
    filled_at_ = std::max(now, filled_at_);
    held_ -= static_cast<double>(amount);
    return held_ < 0 ? -held_ / rate_ : 0;
  }

 private:
  double rate_;
  double filled_at_;
  double held_;  // below 0: used before it was there
};

}  // namespace foldersync
