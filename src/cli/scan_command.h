// sync scan
#pragma once

#include "cli/exit_code.h"
#include "cli/session.h"

namespace foldersync {

// Lists one tree, one entry a line, in path order.
ExitCode scan_command(Session& session);

}  // namespace foldersync
