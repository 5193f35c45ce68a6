// How fast work goes, and how long the rest of it takes. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace foldersync {

// By the recent past. What is told of the time left never grows, unless the work does: where it
// goes slower than it did, the figure waits until it is true again.
class Estimate {
 public:
  struct Point {
    double seconds = 0;       // never less than at the point before
    std::uint64_t bytes = 0;  // of content, for the rate
    std::uint64_t done = 0;   // of all work, in whatever unit
    std::uint64_t total = 0;  // of all work; 0: nobody knows
  };

  // A total where there was none, or the reverse, is other work: the past counts no more.
  void see(const Point& point);

  // 0 as long as no time has passed.
  [[nodiscard]] double bytes_per_second() const;
  // Nothing until some of the work is done, and when all of it is.
  [[nodiscard]] std::optional<double> seconds_left() const { return left_; }
  // For who asks once: likewise, and a first guess before that.
  [[nodiscard]] std::optional<double> guessed_seconds_left() const {
    return left_ ? left_ : guess_;
  }

 private:
  std::deque<Point> points_;
  std::optional<double> left_;
  std::optional<double> guess_;
};

}  // namespace foldersync
