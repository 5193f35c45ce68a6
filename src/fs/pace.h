// Keeping what all threads copy below so many bytes a second.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "core/result.h"
#include "core/token_bucket.h"

namespace foldersync {

// Any thread.
class Pace {
 public:
  // Bytes a second at the moment; 0: no bound. Asked several times a second, one thread at a time.
  using Rate = std::function<std::uint64_t()>;

  explicit Pace(Rate rate);

  // Waits until so many bytes more may have been copied, or until it is told to stop; the caller
  // looks at `stop` (may be null) itself. Where the rate changes meanwhile, the wait does.
  void keep(std::uint64_t bytes, const std::atomic<bool>* stop);

  // The most that should be copied at a time, for an even pace. At least 64 KiB.
  [[nodiscard]] std::uint64_t step() const;

 private:
  std::uint64_t look(double now);

  Rate ask_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> rate_;
  double looked_at_;
  TokenBucket bucket_;  // of a rate above 0
};

}  // namespace foldersync
