// What --help and help say: from the options that a command declares, and in its words.
#pragma once

#include <cstddef>
#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace foldersync {

// Of one command: how it is called, its options by group, examples. Lines are wrapped to `columns`,
// of which at least 40 are taken.
std::string help_of_command(const CLI::App& command, std::size_t columns);
// Of the program, by what a person wants to do.
std::string help_by_task(const CLI::App& program, std::size_t columns);

}  // namespace foldersync
