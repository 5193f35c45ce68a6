#include "cli/values/time_window.h"

#include <algorithm>

#include "core/parts.h"

namespace foldersync {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kDay = 24 * 60 * kMinute;

std::int64_t second_of_day(std::int64_t local) { return ((local % kDay) + kDay) % kDay; }

// From `from` on, over midnight where that is sooner.
std::int64_t seconds_from(int minute, std::int64_t second_of_day) {
  return (second_of_day - minute * kMinute + kDay) % kDay;
}

std::int64_t length_of(const TimeRange& range) {
  const std::int64_t length = (range.to - range.from) * kMinute;
  return length > 0 ? length : length + kDay;
}

std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string text_of(int minutes) {
  return two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
}

}  // namespace

std::optional<int> parse_time_of_day(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto hours = number_in<unsigned>(text.substr(0, colon));
  const auto minutes = number_in<unsigned>(text.substr(colon + 1));
  const bool has_form = colon <= 2 && text.size() - colon == 3;
  if (!has_form || !hours || !minutes || *minutes > 59) return std::nullopt;
  const auto all = static_cast<int>(*hours * 60 + *minutes);
  return all <= 24 * 60 ? std::optional(all) : std::nullopt;
}

int minute_of_day(std::int64_t local) { return static_cast<int>(second_of_day(local) / kMinute); }

std::optional<std::vector<TimeRange>> parse_time_ranges(std::string_view text) {
  std::vector<TimeRange> ranges;
  for (bool is_last = false; !is_last;) {
    is_last = text.find(',') == std::string_view::npos;
    const std::string_view range = take_until(text, ',');
    const std::size_t dash = range.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto from = parse_time_of_day(range.substr(0, dash));
    const auto to = parse_time_of_day(range.substr(dash + 1));
    // 24:00 is where a day ends, and the next one begins at 00:00.
    if (!from || !to || *from == *to || *from == 24 * 60) return std::nullopt;
    ranges.push_back({*from, *to});
  }
  return ranges;
}

std::string to_string(const std::vector<TimeRange>& ranges) {
  std::string text;
  for (const TimeRange& range : ranges) {
    if (!text.empty()) text += ',';
    text += text_of(range.from) + "-" + text_of(range.to);
  }
  return text;
}

std::string TimeWindow::clock_text(double time) const {
  const auto whole = static_cast<std::int64_t>(time);
  return text_of(minute_of_day(whole + offset_(whole)));
}

bool TimeWindow::is_open(std::int64_t time) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const TimeRange& range) { return is_open_in(range, time); });
}

bool TimeWindow::is_open_in(const TimeRange& range, std::int64_t time) const {
  constexpr std::int64_t kLongestJump = 3 * 60 * kMinute;
  const std::int64_t length = length_of(range);
  const std::int64_t offset = offset_(time);
  if (seconds_from(range.from, second_of_day(time + offset)) < length) return true;
  // By the clocks as they were before they were set forward.
  const std::int64_t before = offset_(time - kLongestJump);
  const std::int64_t jump = offset - before;
  const std::int64_t since = seconds_from(range.from, second_of_day(time + before));
  if (jump <= 0 || since >= length) return false;
  const std::int64_t begin = time - since;
  const bool began_after = offset_(begin) == offset;
  const bool ended_before = offset_(begin + length - jump - 1) == before;
  return began_after && ended_before;
}

std::int64_t TimeWindow::opens_at(std::int64_t time) const { return next(true, time); }
std::int64_t TimeWindow::closes_at(std::int64_t time) const { return next(false, time); }

// Clocks are set at whole minutes, and ranges begin and end at such.
std::int64_t TimeWindow::next(bool is_open, std::int64_t time) const {
  const std::int64_t last = time + 2 * kDay;
  while (time < last && this->is_open(time) != is_open)
    time += kMinute - second_of_day(time) % kMinute;
  return time;
}

}  // namespace foldersync
