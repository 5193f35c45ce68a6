// The file of a log.
#pragma once

#include <string>

#include "core/result.h"
#include "fs/fd.h"

namespace foldersync {

// For appending, after the end of a line. `must_be_log`: where it holds anything else than a log,
// in either form, it is refused. See Log::open.
Result<Fd> open_log_file(const std::string& file, bool must_be_log);

}  // namespace foldersync
