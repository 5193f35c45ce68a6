#include "cli/console/estimate.h"

#include <algorithm>

namespace foldersync {
namespace {

constexpr double kRecentSeconds = 15;
// What comes more often takes the place of the one before.
constexpr double kStepSeconds = 0.2;
// The first moments tell what the page cache can do.
constexpr double kLeastSeconds = 2;

// What turns out to be no work at all, as where something fails, lessens both done and total.
bool is_other_work(const Estimate::Point& before, const Estimate::Point& now) {
  return (before.total == 0) != (now.total == 0) || (now.total == 0 && now.bytes < before.bytes);
}

}  // namespace

void Estimate::see(const Point& point) {
  if (!points_.empty() && is_other_work(points_.back(), point)) {
    points_.clear();
    left_.reset();
  }
  if (!points_.empty() && point.total > points_.back().total) left_.reset();
  const bool is_close =
      points_.size() > 1 && point.seconds - points_[points_.size() - 2].seconds < kStepSeconds;
  if (is_close) points_.pop_back();
  points_.push_back(point);
  while (points_.size() > 2 && point.seconds - points_[1].seconds >= kRecentSeconds)
    points_.pop_front();

  const Point& first = points_.front();
  if (point.done >= point.total) left_.reset();
  const double span = point.seconds - first.seconds;
  guess_.reset();
  if (point.done >= point.total || point.done <= first.done || span <= 0) return;
  const double rate = static_cast<double>(point.done - first.done) / span;
  const double left = static_cast<double>(point.total - point.done) / rate;
  guess_ = left;
  if (span >= kLeastSeconds) left_ = std::min(left, left_.value_or(left));
}

double Estimate::bytes_per_second() const {
  if (points_.size() < 2) return 0;
  const double span = points_.back().seconds - points_.front().seconds;
  const std::uint64_t first = points_.front().bytes;
  const std::uint64_t bytes = std::max(points_.back().bytes, first) - first;
  return span > 0 ? static_cast<double>(bytes) / span : 0;
}

}  // namespace foldersync
