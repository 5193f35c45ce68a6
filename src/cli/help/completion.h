// Completions of a shell, from the options that are declared.
#pragma once

#include <optional>
#include <string>

#include "cli/options/declared.h"

namespace foldersync {

// The file that `shell` ("bash", "zsh" or "fish") reads; nothing for any other.
std::optional<std::string> completion_for(const std::string& shell, const DeclaredProgram& program);

}  // namespace foldersync
