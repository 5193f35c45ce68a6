// What is kept of a file system's limits beyond the columns of their table: as the text of a fact.
#pragma once

#include <string>
#include <string_view>

#include "core/file_system_limits.h"

namespace foldersync {

// A word a line, or a word and a number; empty where there is nothing beyond the columns.
std::string more_limits_text(const FileSystemLimits& limits);
// The inverse, into what the columns have said. A line of a later version is left out.
void add_more_limits(std::string_view text, FileSystemLimits& limits);

}  // namespace foldersync
