#include "cli/values/moment.h"

#include <array>
#include <cmath>
#include <ctime>
#include <string_view>

#include "cli/values/option_values.h"

namespace foldersync {
namespace {

// With the parts that are not said; nothing where `text` has another form.
std::optional<std::string> whole_moment(std::string text) {
  constexpr std::string_view kWhole = "0000-00-00T00:00:00";
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kMinutes = 16;
  if (text.size() != kDate && text.size() != kMinutes && text.size() != kWhole.size()) {
    return std::nullopt;
  }
  if (text.size() > kDate && text[kDate] == ' ') text[kDate] = 'T';
  text += kWhole.substr(text.size());
  return text;
}

std::optional<FileTime> local_moment(FileTime as_utc) {
  const std::time_t seconds = as_utc.seconds;
  std::tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return std::nullopt;
  parts.tm_isdst = -1;
  return FileTime{::mktime(&parts), 0};
}

}  // namespace

std::optional<FileTime> parse_moment(const std::string& text, FileTime now) {
  if (text.empty()) return std::nullopt;
  const bool is_utc = text.back() == 'Z';
  if (const auto whole = whole_moment(is_utc ? text.substr(0, text.size() - 1) : text)) {
    const auto time = parse_file_time(*whole + ".000000000Z");
    if (time) return is_utc ? time : local_moment(*time);
  }
  const bool has_unit = text.back() >= 'a' && text.back() <= 'z';
  const auto ago = has_unit ? parse_seconds(text) : std::nullopt;
  if (!ago) return std::nullopt;
  return FileTime{now.seconds - static_cast<std::int64_t>(std::ceil(*ago)), now.nanoseconds};
}

std::string local_text(FileTime time) {
  const std::time_t seconds = time.seconds;
  std::tm parts{};
  std::array<char, 32> text{};
  if (::localtime_r(&seconds, &parts) == nullptr) return to_string(time);
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {text.data(), length};
}

}  // namespace foldersync
