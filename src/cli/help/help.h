// What --help and help say: from the options that a command declares, and in its words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/declared.h"

namespace foldersync {

// Of one command: how it is called, its options by group, examples. Lines are wrapped to `columns`,
// of which at least 40 are taken.
std::string help_of_command(const DeclaredCommand& command, std::size_t columns);
// Of the program, by what a person wants to do.
std::string help_by_task(const DeclaredProgram& program, std::size_t columns);

// What both are made of: a description as a sentence; the titles of a command's groups, in their
// order; lines that call it.
std::string sentence_of(std::string text);
// With a backslash before each of these letters.
std::string backslashed(std::string_view text, std::string_view letters);
std::vector<std::string> groups_of(const DeclaredCommand& command);
std::vector<std::string> examples_of(std::string_view command);

}  // namespace foldersync
