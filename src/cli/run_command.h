// sync run
#pragma once

#include "cli/exit_code.h"
#include "cli/session.h"

namespace foldersync {

// Mirrors once, or every so many seconds until told to stop.
ExitCode run_command(Session& session);

}  // namespace foldersync
