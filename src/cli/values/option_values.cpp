#include "cli/values/option_values.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <locale>
#include <sstream>

namespace foldersync {

namespace {

constexpr const char* kDecimals = "0123456789.";

// Of one unit of time; 0: there is no such unit.
double seconds_of(std::string_view unit) {
  constexpr double kMinute = 60;
  if (unit == "s") return 1;
  if (unit == "m") return kMinute;
  if (unit == "h") return 60 * kMinute;
  return unit == "d" ? 24 * 60 * kMinute : 0;
}

// How many bytes "K", "KiB", "KB" ... are; nothing where it is no such unit.
std::optional<double> bytes_of(std::string unit) {
  for (char& letter : unit) letter = static_cast<char>(std::toupper(letter));
  if (unit.empty()) return 1;
  const auto power = std::string_view("KMGT").find(unit.front());
  const std::string_view rest = std::string_view(unit).substr(1);
  const bool is_unit =
      power != std::string_view::npos && (rest.empty() || rest == "IB" || rest == "B");
  if (!is_unit) return std::nullopt;
  return std::pow(rest == "B" ? 1000.0 : 1024.0, static_cast<double>(power + 1));
}

}  // namespace

std::optional<double> parse_decimal(const std::string& text) {
  if (text.empty() || text.find_first_not_of(kDecimals) != std::string::npos) return std::nullopt;
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  double number = 0;
  if (!(stream >> number) || !stream.eof() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<double> parse_seconds(const std::string& text) {
  if (const auto plain = parse_decimal(text)) return plain;
  double seconds = 0;
  double least = 2 * seconds_of("d");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t number_end = std::min(text.find_first_not_of(kDecimals, at), text.size());
    const auto number = parse_decimal(text.substr(at, number_end - at));
    const double unit = seconds_of(std::string_view(text).substr(number_end, 1));
    // Each unit is smaller than the one before it.
    if (!number || unit == 0 || unit >= least) return std::nullopt;
    seconds += *number * unit;
    least = unit;
    at = number_end + 1;
  }
  return text.empty() ? std::nullopt : std::optional(seconds);
}

std::optional<std::uint64_t> parse_whole_seconds(const std::string& text) {
  const auto seconds = parse_seconds(text);
  if (!seconds || *seconds < 1 || *seconds > 100 * kYearSeconds) return std::nullopt;
  const auto whole = static_cast<std::uint64_t>(*seconds);
  return static_cast<double>(whole) == *seconds ? std::optional(whole) : std::nullopt;
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
  constexpr double kMost = 1125899906842624;  // 1 PiB
  const std::size_t number_end = std::min(text.find_first_not_of(kDecimals), text.size());
  const auto number = parse_decimal(std::string(text.substr(0, number_end)));
  const auto unit = bytes_of(std::string(text.substr(number_end)));
  if (!number || !unit || *number * *unit > kMost) return std::nullopt;
  const double bytes = *number * *unit;
  const bool is_whole = std::floor(bytes) == bytes;
  // Of a byte there is no half; of a larger unit the nearest number of bytes is meant.
  if (bytes < 1 ? bytes > 0 : *unit == 1 && !is_whole) return std::nullopt;
  return static_cast<std::uint64_t>(std::round(bytes));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto size = parse_rate(text);
  return size == 0U ? std::nullopt : size;
}

std::optional<std::size_t> parse_threads(const std::string& text) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  if (text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const std::size_t threads = std::stoul(text);
  return threads >= 1 && threads <= 256 ? std::optional(threads) : std::nullopt;
}

std::optional<IoPriority> parse_io_priority(std::string_view text) {
  if (text == "idle") return IoPriority{IoClass::kIdle, 0};
  IoPriority priority;
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (name == "realtime") {
    priority.io_class = IoClass::kRealtime;
  } else if (name != "best-effort") {
    return std::nullopt;
  }
  if (colon == std::string_view::npos) return priority;
  const std::string_view level = text.substr(colon + 1);
  if (level.size() != 1 || level[0] < '0' || level[0] > '7') return std::nullopt;
  priority.level = level[0] - '0';
  return priority;
}

}  // namespace foldersync
