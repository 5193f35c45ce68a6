#include "apply/backup/backup_name.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/parts.h"

namespace foldersync {
namespace {

constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kTimeLength = 23;  // of a time in a name, down to milliseconds
constexpr std::size_t kShortId = 8;
constexpr std::string_view kHex = "0123456789abcdef";

bool is_hex(std::string_view text) { return text.find_first_not_of(kHex) == text.npos; }

// "", ".2".
bool is_number_behind(std::string_view text) {
  if (text.empty()) return true;
  return text.size() > 1 && text[0] == '.' &&
         text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

std::optional<FileTime> time_of_id(std::string_view id) {
  if (id[8] != '-' || id[13] != '-' || id[14] != '7' || id[18] != '-' || id[23] != '-') {
    return std::nullopt;
  }
  std::string digits(id);
  std::erase(digits, '-');
  if (digits.size() != 32 || !is_hex(digits)) return std::nullopt;
  const auto milliseconds = number_in<std::int64_t>(std::string_view(digits).substr(0, 12), 16);
  if (!milliseconds) return std::nullopt;
  return FileTime{*milliseconds / 1000,
                  static_cast<std::uint32_t>(*milliseconds % 1000) * 1'000'000};
}

}  // namespace

std::string backup_name(FileTime created, std::string_view id) {
  const std::string time = to_string(created);
  if (time[0] == '@' || id.size() < kShortId) return std::string(id);
  std::string name = time.substr(0, kTimeLength);
  std::replace(name.begin(), name.end(), ':', '.');
  return name + "Z-" + std::string(id.substr(id.size() - kShortId));
}

std::optional<FileTime> time_of_backup(std::string_view name) {
  if (name.size() >= kUuidLength && is_number_behind(name.substr(kUuidLength))) {
    if (const auto time = time_of_id(name.substr(0, kUuidLength))) return time;
  }
  constexpr std::size_t kLength = kTimeLength + 2 + kShortId;
  if (name.size() < kLength || !is_number_behind(name.substr(kLength))) return std::nullopt;
  if (name.substr(kTimeLength, 2) != "Z-" || !is_hex(name.substr(kTimeLength + 2, kShortId))) {
    return std::nullopt;
  }
  std::string time(name.substr(0, kTimeLength));
  if (time[13] != '.' || time[16] != '.') return std::nullopt;
  time[13] = time[16] = ':';
  return parse_file_time(time + "000000Z");
}

}  // namespace foldersync
