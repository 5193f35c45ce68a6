#include "cli/help/reference.h"

#include "cli/help/help.h"
#include "core/program_name.h"

namespace foldersync {
namespace {

std::string code(const std::string& text) { return "`" + backslashed(text, "|") + "`"; }

std::string row_of(const DeclaredOption& option) {
  std::string names;
  for (const std::string& name : option.names) {
    const bool is_last = &name == &option.names.back();
    const std::string value =
        option.value.empty() || !is_last ? "" : (option.value[0] == '[' ? "" : " ") + option.value;
    names += (names.empty() ? "" : ", ") + code(name + value);
  }
  return "| " + names + " | " + backslashed(option.text, "|<*_") + " |\n";
}

std::string section_of(const DeclaredCommand& command) {
  std::string usage = program_name() + " " + command.name;
  for (const std::string& place : command.places) usage += " " + place;
  std::string text = "\n## " + command.name + "\n\n" + sentence_of(command.text) + "\n\n```\n" +
                     usage + " [OPTIONS]\n```\n\nFor example:\n\n```\n";
  for (const std::string& line : examples_of(command.name)) text += line + "\n";
  text += "```\n";
  for (const std::string& group : groups_of(command)) {
    text += "\n### " + group + "\n\n| option | what it does |\n|---|---|\n";
    for (const DeclaredOption& option : command.options) {
      if (option.group == group) text += row_of(option);
    }
  }
  return text;
}

}  // namespace

std::string reference_of(const DeclaredProgram& program) {
  std::string text =
      "# Reference\n\nAll commands and their options, in the words of the program: this page is "
      "what `" +
      program_name() + " help --markdown` prints.\n\n" + program.footer + "\n";
  for (const DeclaredCommand& command : program.commands) text += section_of(command);
  return text;
}

}  // namespace foldersync
