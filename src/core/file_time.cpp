#include "core/file_time.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <system_error>

namespace foldersync {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::uint32_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::int64_t kYear0 = -62'167'219'200;      // 0000-01-01T00:00:00Z
constexpr std::int64_t kYear10000 = 253'402'300'800;  // 10000-01-01T00:00:00Z
constexpr std::size_t kFractionDigits = 9;

struct Granularity {
  std::uint32_t nanoseconds;
  bool two_seconds;
};

// What file systems have, finest first; each divides the next.
constexpr std::array<Granularity, 7> kUsualGranularities{{{1, false},
                                                          {100, false},
                                                          {1'000, false},
                                                          {1'000'000, false},
                                                          {10'000'000, false},
                                                          {kNanosecondsPerSecond, false},
                                                          {kNanosecondsPerSecond, true}}};

bool has_four_digit_year(FileTime time) {
  return time.seconds >= kYear0 && time.seconds < kYear10000;
}

void append_digits(std::string& text, std::uint32_t value, std::size_t width) {
  std::array<char, 10> digits{};
  for (std::size_t at = width; at-- > 0; value /= 10) {
    digits[at] = static_cast<char>('0' + value % 10);
  }
  text.append(digits.data(), width);
}

// The number that `width` digits of `text` at `from` stand for. Requires: they lie inside `text`.
std::optional<std::uint32_t> digits_at(std::string_view text, std::size_t from, std::size_t width) {
  std::uint32_t value = 0;
  for (const char digit : text.substr(from, width)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return value;
}

std::optional<FileTime> parse_calendar_form(std::string_view text) {
  constexpr std::string_view kPattern = "0000-00-00T00:00:00.000000000Z";
  if (text.size() != kPattern.size()) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (kPattern[at] != '0' && text[at] != kPattern[at]) return std::nullopt;
  }
  const auto year = digits_at(text, 0, 4);
  const auto month = digits_at(text, 5, 2);
  const auto day = digits_at(text, 8, 2);
  const auto hour = digits_at(text, 11, 2);
  const auto minute = digits_at(text, 14, 2);
  const auto second = digits_at(text, 17, 2);
  const auto nanoseconds = digits_at(text, 20, kFractionDigits);
  if (!year || !month || !day || !hour || !minute || !second || !nanoseconds) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return FileTime{days * kSecondsPerDay + *hour * 3600 + *minute * 60 + *second, *nanoseconds};
}

std::optional<FileTime> parse_seconds_form(std::string_view text) {
  constexpr std::size_t kTail = 1 + kFractionDigits;
  if (text.size() < kTail + 1) return std::nullopt;
  const std::size_t point = text.size() - kTail;
  FileTime time;
  const char* const end = text.data() + point;
  const auto [stop, error] = std::from_chars(text.data() + 1, end, time.seconds);
  const auto nanoseconds = digits_at(text, point + 1, kFractionDigits);
  if (error != std::errc() || stop != end || !nanoseconds) return std::nullopt;
  time.nanoseconds = *nanoseconds;
  // Leading zeros, years that have a calendar form, and the rest of what is never printed.
  return to_string(time) == text ? std::optional(time) : std::nullopt;
}

FileTime floored(FileTime time, const TimeLimits& limits) {
  if (!limits.two_seconds) {
    time.nanoseconds -= time.nanoseconds % limits.granularity;
    return time;
  }
  // No overflow: the lowest second is even.
  return {time.seconds % 2 == 0 ? time.seconds : time.seconds - 1, 0};
}

}  // namespace

std::string to_string(FileTime time) {
  assert(time.nanoseconds < kNanosecondsPerSecond);
  std::string text;
  if (!has_four_digit_year(time)) {
    text = "@" + std::to_string(time.seconds) + ".";
    append_digits(text, time.nanoseconds, kFractionDigits);
    return text;
  }
  const auto since_year_0 = static_cast<std::uint64_t>(time.seconds - kYear0);
  const auto second_of_day = static_cast<std::uint32_t>(since_year_0 % kSecondsPerDay);
  const auto days = std::chrono::seconds(time.seconds - second_of_day);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::duration_cast<std::chrono::days>(days))};
  text.reserve(30);
  append_digits(text, static_cast<std::uint32_t>(static_cast<int>(date.year())), 4);
  text += '-';
  append_digits(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_digits(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  append_digits(text, second_of_day / 3600, 2);
  text += ':';
  append_digits(text, second_of_day / 60 % 60, 2);
  text += ':';
  append_digits(text, second_of_day % 60, 2);
  text += '.';
  append_digits(text, time.nanoseconds, kFractionDigits);
  text += 'Z';
  return text;
}

std::optional<FileTime> parse_file_time(std::string_view text) {
  return text.starts_with('@') ? parse_seconds_form(text) : parse_calendar_form(text);
}

// No difference of whole seconds, which might be none that their type holds.
double seconds_between(FileTime from, FileTime to) {
  return static_cast<double>(to.seconds) - static_cast<double>(from.seconds) +
         (static_cast<double>(to.nanoseconds) - static_cast<double>(from.nanoseconds)) / 1e9;
}

FileTime later_by(FileTime time, double seconds) {
  constexpr double kBillion = 1e9;
  const double whole = std::floor(seconds);
  const double nanoseconds = time.nanoseconds + (seconds - whole) * kBillion;
  const double carry = nanoseconds >= kBillion ? 1 : 0;
  time.seconds += static_cast<std::int64_t>(whole + carry);
  time.nanoseconds = static_cast<std::uint32_t>(nanoseconds - carry * kBillion);
  return time;
}

FileTime stored_as(FileTime time, const TimeLimits& limits) {
  assert(limits.granularity >= 1 && limits.granularity <= kNanosecondsPerSecond);
  if (limits.earliest && time <= *limits.earliest) return *limits.earliest;
  if (limits.latest && time >= *limits.latest) return *limits.latest;
  const FileTime held = floored(time, limits);
  return limits.earliest ? std::max(held, *limits.earliest) : held;
}

FileTime in_range(FileTime time, const TimeLimits& limits) {
  if (limits.earliest) time = std::max(time, *limits.earliest);
  return limits.latest ? std::min(time, *limits.latest) : time;
}

namespace {

// No file system begins its times later than FAT does, in 1980 (two days more, for time zones), or
// ends them before 2038.
constexpr std::int64_t kLatestBeginning = 315'705'600;
constexpr std::int64_t kEarliestEnd = 2'147'483'000;

// Where numbers of 64 bits for nanoseconds, of 32 for seconds with and without sign (0 may stand
// for "now"), and FAT begin, and where these and the 34 bits of ext4 end.
constexpr std::array<std::int64_t, 5> kUsualBeginnings{-9'223'372'036, -2'147'483'648, 0, 1,
                                                       315'705'600};
constexpr std::array<std::int64_t, 5> kUsualEnds{15'032'385'535, 9'223'372'036, 4'354'819'198,
                                                 4'294'967'295, 2'147'483'647};

// Whether only the lower 32 bits are left of the seconds: then what was found is no end.
bool has_wrapped(FileTime wanted, FileTime found) {
  return ((wanted.seconds - found.seconds) & 0xFFFF'FFFF) == 0;
}

// Whether it is off by a fraction of a second, before 1970.
bool has_lost_its_fraction(FileTime wanted, FileTime found) {
  return wanted.seconds < 0 && found > wanted && found.seconds <= wanted.seconds + 1;
}

constexpr FileTime kFatBegins{315'532'800 + kSecondsPerDay, 0};
constexpr FileTime kFatEnds{4'354'819'198 - kSecondsPerDay, 0};

}  // namespace

TimeLimits with_range_of_fat(TimeLimits limits) {
  limits.earliest = std::max(limits.earliest.value_or(kFatBegins), kFatBegins);
  limits.latest = std::min(limits.latest.value_or(kFatEnds), kFatEnds);
  return limits;
}

TimeLimits learn(TimeLimits limits, FileTime wanted, FileTime found) {
  // What has wrapped around one end says nothing of the other.
  const bool is_late = wanted.seconds > kEarliestEnd && found < wanted;
  const bool is_early = wanted.seconds < kLatestBeginning && found > wanted;
  if (limits.earliest && found < *limits.earliest && !is_late) limits.earliest.reset();
  if (limits.latest && found > *limits.latest && !is_early) limits.latest.reset();
  if (stored_as(wanted, limits) == found) return limits;

  for (const Granularity& usual : kUsualGranularities) {
    TimeLimits candidate = limits;
    candidate.granularity = usual.nanoseconds;
    candidate.two_seconds = usual.two_seconds;
    if (stored_as(wanted, candidate) == found) return candidate;
  }
  if (has_lost_its_fraction(wanted, found)) {
    limits.earliest = FileTime{};
  } else if (wanted.seconds > kEarliestEnd) {
    if (found < wanted && found.seconds >= kEarliestEnd && !has_wrapped(wanted, found)) {
      limits.latest = found;
      return limits;
    }
    const auto end = std::find_if(kUsualEnds.begin(), kUsualEnds.end(),
                                  [&](std::int64_t each) { return each < wanted.seconds; });
    if (end != kUsualEnds.end()) limits.latest = FileTime{*end, 0};
  } else if (wanted.seconds < kLatestBeginning) {
    if (found > wanted && found.seconds <= kLatestBeginning) {
      limits.earliest = found;
      return limits;
    }
    const auto beginning = std::find_if(kUsualBeginnings.begin(), kUsualBeginnings.end(),
                                        [&](std::int64_t each) { return each > wanted.seconds; });
    if (beginning != kUsualBeginnings.end()) limits.earliest = FileTime{*beginning, 0};
  }
  return limits;
}

}  // namespace foldersync
