#include "fs/mount_table.h"

#include "core/parts.h"

namespace foldersync {

// Number of the mount, ..., "-", type, source, options; a space between, and none in a field.
std::optional<std::string> mounted_as(std::string_view table, std::uint64_t mount) {
  const std::string start = std::to_string(mount) + " ";
  while (!table.empty()) {
    const std::string_view line = take_until(table, '\n');
    if (!line.starts_with(start)) continue;
    constexpr std::string_view kSeparator = " - ";
    const std::size_t separator = line.find(kSeparator);
    if (separator == std::string_view::npos) return std::nullopt;
    const std::string_view rest = line.substr(separator + kSeparator.size());
    const std::size_t end_of_type = rest.find(' ');
    if (end_of_type == std::string_view::npos) return std::nullopt;
    const std::size_t end_of_source = rest.find(' ', end_of_type + 1);
    if (end_of_source == std::string_view::npos) return std::nullopt;
    return std::string(rest.substr(0, end_of_source));
  }
  return std::nullopt;
}

}  // namespace foldersync
