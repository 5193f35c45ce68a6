#include "scan/walk_width.h"

#include <algorithm>

namespace foldersync {
namespace {

// Long enough for some thousand entries of a disk, and short beside a walk that needs help.
constexpr double kStretchSeconds = 0.1;
constexpr double kMuchWaiting = 0.25;
// Twice the threads at work on a disk that is not busy yet bring far more than this.
constexpr double kWorthIt = 1.05;
constexpr int kRestStretches = 10;

}  // namespace

WalkLap lap_between(const ThreadTimes& begin, const ThreadTimes& end, std::uint64_t entries) {
  WalkLap lap{end.wall_seconds, end.wall_seconds - begin.wall_seconds, 0, entries};
  const auto gave_up = static_cast<double>(end.gave_up_processor - begin.gave_up_processor);
  const auto lost = static_cast<double>(end.lost_processor - begin.lost_processor);
  if (gave_up > 0) {
    const double idle = lap.seconds - (end.cpu_seconds - begin.cpu_seconds);
    lap.waited_seconds = std::max(idle, 0.0) * gave_up / (gave_up + lost);
  }
  return lap;
}

void WalkWidth::begin_stretch(double now) {
  begun_ = true;
  began_at_ = now;
  seconds_ = waited_seconds_ = 0;
  entries_ = 0;
}

std::size_t WalkWidth::after(const WalkLap& lap) {
  if (!begun_) begin_stretch(lap.ended_at - lap.seconds);
  seconds_ += lap.seconds;
  waited_seconds_ += lap.waited_seconds;
  entries_ += lap.entries;
  const double elapsed = lap.ended_at - began_at_;
  if (elapsed < kStretchSeconds) return width_;
  decide(static_cast<double>(entries_) / elapsed);
  begin_stretch(lap.ended_at);
  return width_;
}

void WalkWidth::decide(double entries_per_second) {
  const bool brought_nothing = entries_per_second < rate_before_ * kWorthIt;
  rate_before_ = 0;
  if (brought_nothing) {
    width_ = width_before_;
    rest_ = kRestStretches;
    --tries_left_;
    return;
  }
  if (rest_ > 0) {
    --rest_;
    return;
  }
  const bool waits = waited_seconds_ > seconds_ * kMuchWaiting;
  if (!waits || width_ == most_ || tries_left_ == 0) return;
  width_before_ = width_;
  width_ = std::min(width_ * 2, most_);
  rate_before_ = entries_per_second;
}

}  // namespace foldersync
