// Keeping what all threads copy below so many bytes a second.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "core/result.h"
#include "core/token_bucket.h"

namespace foldersync {

// Any thread.
class Pace {
 public:
  // Requires: above 0.
  explicit Pace(std::uint64_t bytes_per_second);

  // Waits until so many bytes more may have been copied, or until it is told to stop; the caller
  // looks at `stop` (may be null) itself.
  void keep(std::uint64_t bytes, const std::atomic<bool>* stop);

  // The most that should be copied at a time, for an even pace. At least 64 KiB.
  [[nodiscard]] std::uint64_t step() const { return step_; }

 private:
  std::uint64_t step_;
  std::mutex mutex_;
  TokenBucket bucket_;
};

}  // namespace foldersync
