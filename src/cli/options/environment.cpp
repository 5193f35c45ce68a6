#include "cli/options/environment.h"

#include <algorithm>
#include <string_view>

#include "cli/values/nearest.h"
#include "core/parts.h"

namespace foldersync {
namespace {

constexpr std::string_view kBeginning = "FOLDERSYNC_OPT_";

// "MAX_DELETE" of "max-delete".
std::string capitals_of(std::string name) {
  for (char& letter : name) {
    if (letter == '-') letter = '_';
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return name;
}

// The option of that variable, of whichever command.
Result<const DeclaredOption*> find_option(const std::string& variable,
                                          const DeclaredProgram& program) {
  const std::string wanted = variable.substr(kBeginning.size());
  std::vector<std::string> names;
  for (const DeclaredCommand& command : program.commands) {
    for (const DeclaredOption& option : command.options) {
      if (!option.is_setting()) continue;
      names.push_back(capitals_of(option.long_name()));
      if (names.back() != wanted) continue;
      if (!option.is_folder()) return &option;
      return usage_error("read environment",
                         variable + ": a folder is named by a job, or on the command line");
    }
  }
  const std::string near = nearest(wanted, names);
  return usage_error(
      "read environment",
      variable + ": the environment has it, and there is no such option" +
          (near.empty() ? "" : ": did you mean " + std::string(kBeginning) + near + "?"));
}

}  // namespace

Result<Settings> settings_of_environment(const std::vector<std::string>& variables,
                                         const std::string& command,
                                         const DeclaredProgram& program) {
  const DeclaredCommand* wanted = program.find(command);
  Settings settings;
  for (const std::string& variable : variables) {
    if (!variable.starts_with(kBeginning)) continue;
    const std::string name = variable.substr(0, variable.find('='));
    const DeclaredOption* option = TRY(find_option(name, program));
    if (wanted == nullptr || !wanted->shares(option->long_name())) continue;
    std::string_view rest =
        std::string_view(variable).substr(std::min(name.size() + 1, variable.size()));
    const auto add = [&](std::string_view value) {
      settings.push_back({.option = option->long_name(),
                          .value = std::string(value),
                          .origin = "the environment",
                          .name = name});
    };
    if (!option->repeats) add(rest);
    while (option->repeats && !rest.empty()) add(take_until(rest, '\n'));
  }
  std::stable_sort(settings.begin(), settings.end(),
                   [](const Setting& a, const Setting& b) { return a.name < b.name; });
  return settings;
}

}  // namespace foldersync
