#include "cli/gentleness.h"

#include <charconv>
#include <string>

namespace foldersync {

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
