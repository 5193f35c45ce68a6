// The names of errno values, which are the same on every machine, unlike the numbers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace foldersync {

// "EACCES"; "E1234" where it has no name.
std::string errno_name(int error_number);

// The number of such a name; nothing for any other text.
std::optional<int> errno_number(std::string_view name);

}  // namespace foldersync
