// sync plan
#pragma once

#include "cli/exit_code.h"
#include "cli/session.h"

namespace foldersync {

// Works out the plan and writes it: as text, or as the document.
ExitCode plan_command(Session& session);

}  // namespace foldersync
