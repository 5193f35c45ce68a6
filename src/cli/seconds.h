// Seconds as a person writes them.
#pragma once

#include <optional>
#include <string>

namespace foldersync {

// A number of seconds in plain decimal notation, "0.5", or nothing.
std::optional<double> parse_seconds(const std::string& text);

}  // namespace foldersync
