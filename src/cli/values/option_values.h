// Values of options as a person types them. Each answers with nothing where it is none. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fs/io_priority.h"

namespace foldersync {

inline constexpr double kYearSeconds = 31'536'000;

// A number in plain decimal notation, "0.5".
std::optional<double> parse_decimal(const std::string& text);
// Seconds, or with a unit of time behind each number: "90", "0.5", "5m", "1h30m", "2d".
std::optional<double> parse_seconds(const std::string& text);
// Whole seconds, at least one and at most a century.
std::optional<std::uint64_t> parse_whole_seconds(const std::string& text);

// Bytes a second, in decimal notation, with a unit or none; 0: no bound. K, M, G, T and KiB, MiB,
// ... are powers of 1024, KB, MB, ... of 1000, in capitals or not.
std::optional<std::uint64_t> parse_rate(std::string_view text);
// Likewise a size, which is above 0.
std::optional<std::uint64_t> parse_size(std::string_view text);

// 1 to 256.
std::optional<std::size_t> parse_threads(const std::string& text);

// "idle", "best-effort" or "realtime", the latter two also with a level, as "best-effort:7".
std::optional<IoPriority> parse_io_priority(std::string_view text);

}  // namespace foldersync
