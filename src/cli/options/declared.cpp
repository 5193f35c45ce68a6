#include "cli/options/declared.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace foldersync {
namespace {

DeclaredOption option_of(const CLI::Option& option) {
  DeclaredOption declared;
  for (const std::string& name : option.get_snames()) declared.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) declared.names.push_back("--" + name);
  if (option.get_expected_max() > 0) declared.value = option.get_type_name();
  declared.text = option.get_description();
  declared.group = option.get_group();
  declared.has_place = option.get_positional();
  declared.repeats = option.get_trigger_on_parse();
  for (const CLI::Option* rival : option.get_excludes()) {
    if (!rival->get_lnames().empty()) declared.rivals.push_back(rival->get_lnames().front());
  }
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

std::string DeclaredOption::long_name() const {
  for (const std::string& name : names) {
    if (name.starts_with("--")) return name.substr(2);
  }
  return {};
}

bool DeclaredOption::is_setting() const {
  constexpr std::array<std::string_view, 5> kOnlyTyped{"", "help", "job", "config", "once"};
  return std::find(kOnlyTyped.begin(), kOnlyTyped.end(), long_name()) == kOnlyTyped.end();
}

bool DeclaredOption::is_folder() const {
  return long_name() == "source" || long_name() == "replica";
}

const DeclaredOption* DeclaredCommand::find(const std::string& long_name) const {
  for (const DeclaredOption& option : options) {
    if (option.long_name() == long_name) return &option;
  }
  return nullptr;
}

bool DeclaredCommand::shares(const std::string& long_name) const {
  const DeclaredOption* option = find(long_name);
  if (option == nullptr || !option->is_setting()) return false;
  // A plan names its own folders, and a report of verify is another document than one of run.
  if (name == "apply" && option->is_folder()) return false;
  return name != "verify" || long_name != "report";
}

const DeclaredCommand* DeclaredProgram::find(const std::string& name) const {
  for (const DeclaredCommand& command : commands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

DeclaredProgram declared(const CLI::App& program) {
  DeclaredProgram all{program.get_description(), program.get_footer(), {}, {}};
  for (const CLI::Option* option : program.get_options()) all.options.push_back(option_of(*option));
  for (const CLI::App* command : program.get_subcommands({})) {
    all.commands.push_back(command_of(*command));
  }
  return all;
}

}  // namespace foldersync
