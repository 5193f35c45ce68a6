// What `status` says: for people, and for programs (docs/status-format.md). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/history/pair_status.h"
#include "core/file_time.h"

namespace foldersync {

// "1.2 s", "5 min 3 s", "3 h 10 min", "2 days 4 h".
std::string human_duration(double seconds);

// A few lines, each with its end, not wider than `columns` where that is possible. `attempts`: how
// many of the last ones are listed.
std::string status_text(const PairStatus& status, FileTime now, std::size_t attempts,
                        std::size_t columns);
// One object a pair and line, within one of all.
std::string status_json(const std::vector<PairStatus>& all, FileTime now, std::size_t attempts);

}  // namespace foldersync
