#include "cli/option_values.h"

#include <charconv>
#include <cmath>
#include <locale>
#include <sstream>

namespace foldersync {

std::optional<double> parse_seconds(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string::npos)
    return std::nullopt;
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  double seconds = 0;
  if (!(stream >> seconds) || !stream.eof() || !std::isfinite(seconds)) return std::nullopt;
  return seconds;
}

std::optional<std::uint64_t> parse_whole_seconds(const std::string& text) {
  const auto seconds = parse_seconds(text);
  if (!seconds || *seconds < 1 || *seconds > 100 * kYearSeconds) return std::nullopt;
  const auto whole = static_cast<std::uint64_t>(*seconds);
  return static_cast<double>(whole) == *seconds ? std::optional(whole) : std::nullopt;
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
  constexpr std::string_view kSuffixes = "KMG";
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50U;
  unsigned shift = 0;
  if (!text.empty()) {
    if (const auto suffix = kSuffixes.find(text.back()); suffix != std::string_view::npos) {
      shift = 10 * (static_cast<unsigned>(suffix) + 1);
      text.remove_suffix(1);
    }
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number > (kMost >> shift)) return std::nullopt;
  return number << shift;
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
