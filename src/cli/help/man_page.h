// Manual pages, in mdoc(7), from the options that are declared.
#pragma once

#include <string>

#include "cli/options/declared.h"

namespace foldersync {

// Of the program, with its commands, exit codes, files and environment: foldersync(1).
std::string man_page_of(const DeclaredProgram& program);
// Of one command: foldersync-run(1).
std::string man_page_of(const DeclaredCommand& command);

}  // namespace foldersync
