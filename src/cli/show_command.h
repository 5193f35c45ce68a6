// sync show: a plan that was written down, for people.
#pragma once

#include "cli/exit_code.h"
#include "cli/options.h"

namespace foldersync {

// Reads nothing but the plan: neither its folders nor the state. Exit codes: 0; 2 where two plans
// differ; 65 where one is none; 1 where the output can't be written.
ExitCode show_command(const Settings& settings);

}  // namespace foldersync
