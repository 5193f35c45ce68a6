// sync apply
#pragma once

#include "cli/exit_code.h"
#include "cli/session.h"

namespace foldersync {

// Reads a plan document, checks it completely, and executes it.
ExitCode apply_command(Session& session);

}  // namespace foldersync
