// sync recover
#pragma once

#include "cli/exit_code.h"
#include "cli/session.h"

namespace foldersync {

// Finishes what a killed run had begun in a replica, or takes it back.
ExitCode recover_command(Session& session);

}  // namespace foldersync
