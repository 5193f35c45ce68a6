// Points in time as file systems store them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foldersync {

// Seconds since 1970-01-01 UTC (may be negative) and nanoseconds, 0 to 999,999,999, added to them.
struct FileTime {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;

  friend auto operator<=>(const FileTime&, const FileTime&) = default;
};

// RFC 3339 in UTC with nine decimals: "2024-10-27T03:33:20.123456789Z". Outside the years 0 to 9999
// "@SECONDS.NNNNNNNNN", where the nanoseconds are added to SECONDS.
std::string to_string(FileTime time);

// The inverse: accepts exactly what to_string() prints, one text per time.
std::optional<FileTime> parse_file_time(std::string_view text);

// In seconds, as near as a number of them can be; below 0 where `to` is earlier.
double seconds_between(FileTime from, FileTime to);
// Requires: `seconds` is 0 or more.
FileTime later_by(FileTime time, double seconds);

// The times that a file system is able to hold, learned by reading back what was set.
struct TimeLimits {
  std::uint32_t granularity = 1;  // nanoseconds, 1 to 1 s; stored times are multiples of it
  bool two_seconds = false;       // as FAT: whole even seconds only
  // Both are times that it held, so they need not be multiples. Requires: earliest <= latest.
  std::optional<FileTime> earliest;
  std::optional<FileTime> latest;

  friend bool operator==(const TimeLimits&, const TimeLimits&) = default;
};

// What a file system with `limits` holds after `time` was set on it: rounded towards the past, then
// moved into the range; a time at or beyond a limit becomes that limit.
FileTime stored_as(FileTime time, const TimeLimits& limits);

// `time`, moved into the range alone: what is to be set, since some file systems make quite another
// time of one that is out of theirs.
FileTime in_range(FileTime time, const TimeLimits& limits);

// `limits` changed as little as possible so that stored_as(wanted) is `found`, the time that was
// read back after `wanted` was set. If they say so already, nothing changes; limits that `found`
// refutes are forgotten; a difference that rounding explains is taken for the finest of the usual
// granularities (1 ns, 100 ns, 1 us, 1 ms, 10 ms, 1 s, 2 s) that does; any other for a limit: 1970
// where a fraction before it came back as another one (ntfs-3g, rclone), which would refute each
// limit that is put there, so that it is learned anew for ever; that which was found, where file
// systems may begin (until 1980) or end (from 2038 on) there. Otherwise the number may have
// wrapped: the usual limit that is nearest to `wanted` is taken, and setting in_range() tells
// whether it is held. Nothing is learned where `wanted` is a time that all file systems hold: it
// was not set.
TimeLimits learn(TimeLimits limits, FileTime wanted, FileTime found);

// No more than the range of FAT and exFAT: 1980 to 2107, a day less at each end for time zones.
TimeLimits with_range_of_fat(TimeLimits limits);

}  // namespace foldersync
