// The page of all commands and options, docs/reference.md, from the options that are declared.
#pragma once

#include <string>

#include "cli/options/declared.h"

namespace foldersync {

// In Markdown.
std::string reference_of(const DeclaredProgram& program);

}  // namespace foldersync
