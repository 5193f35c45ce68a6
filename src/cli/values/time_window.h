// Times of day at which something may begin. Pure: what the zone's clocks show is asked of others.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foldersync {

// By how many seconds the zone's clocks are ahead of UTC at that time, seconds of UTC.
using ZoneOffset = std::function<std::int64_t(std::int64_t)>;

// "08:30" in minutes since midnight, up to "24:00".
std::optional<int> parse_time_of_day(std::string_view text);

// Of what clocks show; `local` is seconds of UTC and the zone's offset.
int minute_of_day(std::int64_t local);

// Minutes since midnight. Where `to` is not after `from`, it is over midnight.
struct TimeRange {
  int from = 0;
  int to = 0;

  bool operator==(const TimeRange&) const = default;
};

// "22:00-06:00", or several with commas between them. None of them is empty.
std::optional<std::vector<TimeRange>> parse_time_ranges(std::string_view text);
// The inverse.
std::string to_string(const std::vector<TimeRange>& ranges);

// Open in each of some ranges, of every day. An hour that comes twice is in a range twice; a range
// that the clocks were set forward over as a whole is open for as long as it would have been.
class TimeWindow {
 public:
  // Requires: there is a range.
  TimeWindow(std::vector<TimeRange> ranges, ZoneOffset offset)
      : ranges_(std::move(ranges)), offset_(std::move(offset)) {}

  [[nodiscard]] const std::vector<TimeRange>& ranges() const { return ranges_; }

  // What the zone's clocks show then, "22:00".
  [[nodiscard]] std::string clock_text(double time) const;

  // Times are seconds of UTC.
  [[nodiscard]] bool is_open(std::int64_t time) const;
  // From `time` on; that itself where it is open.
  [[nodiscard]] std::int64_t opens_at(std::int64_t time) const;
  // Likewise; at most two days later, where it never closes.
  [[nodiscard]] std::int64_t closes_at(std::int64_t time) const;

 private:
  [[nodiscard]] bool is_open_in(const TimeRange& range, std::int64_t time) const;
  [[nodiscard]] std::int64_t next(bool is_open, std::int64_t time) const;

  std::vector<TimeRange> ranges_;
  ZoneOffset offset_;
};

}  // namespace foldersync
