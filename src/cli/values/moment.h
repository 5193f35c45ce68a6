// Points in time as a person types them.
#pragma once

#include <optional>
#include <string>

#include "core/file_time.h"

namespace foldersync {

// "2026-11-30" (its midnight), "2026-11-30 18:00", also with seconds and a T: by the clocks of the
// local time zone, or in UTC with a Z behind it; "2d", "1h30m": so long before `now`. Nothing where
// it is none.
std::optional<FileTime> parse_moment(const std::string& text, FileTime now);

// "2026-11-30 18:00:05", by the clocks of the local time zone.
std::string local_text(FileTime time);

}  // namespace foldersync
