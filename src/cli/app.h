// The program: from the command line to the exit code.
#pragma once

#include <string>
#include <vector>

namespace foldersync {

// `arguments` without the program's name. Returns the exit code.
int run_app(std::vector<std::string> arguments);

}  // namespace foldersync
