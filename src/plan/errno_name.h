// The names of errno values, which are the same on every machine, unlike the numbers.
#pragma once

#include <optional>
#include <string_view>

namespace foldersync {

// The number of a name as errno_name() of plan/json.h prints it; nothing for any other text.
std::optional<int> errno_number(std::string_view name);

}  // namespace foldersync
