#include "cli/declared.h"

#include <CLI/CLI.hpp>

namespace foldersync {
namespace {

DeclaredOption option_of(const CLI::Option& option) {
  DeclaredOption declared;
  for (const std::string& name : option.get_snames()) declared.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) declared.names.push_back("--" + name);
  if (option.get_expected_max() > 0) declared.value = option.get_type_name();
  declared.text = option.get_description();
  declared.group = option.get_group();
  return declared;
}

DeclaredCommand command_of(const CLI::App& command) {
  DeclaredCommand declared;
  declared.name = command.get_name();
  declared.text = command.get_description();
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional()) declared.options.push_back(option_of(*option));
    if (!option->get_positional()) continue;
    const std::string name = option->get_name(true, false);
    const std::string place = name.substr(0, name.find(' '));
    declared.places.push_back(option->get_required() ? place : "[" + place + "]");
  }
  return declared;
}

}  // namespace

DeclaredProgram declared(const CLI::App& program) {
  DeclaredProgram all{program.get_description(), program.get_footer(), {}};
  for (const CLI::App* command : program.get_subcommands({})) {
    all.commands.push_back(command_of(*command));
  }
  return all;
}

}  // namespace foldersync
