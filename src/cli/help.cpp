#include "cli/help.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "core/parts.h"
#include "core/program_name.h"

namespace foldersync {
namespace {

constexpr std::size_t kFewestColumns = 40;
constexpr std::size_t kTextAt = 30;  // the column at which an option's description begins

// A command by what it is for; `%` in an example is the program's name.
struct Task {
  std::string_view title;
  std::array<std::string_view, 3> commands;
  std::array<std::string_view, 3> examples;
};

constexpr std::array kTasks{
    Task{"Mirror",
         {"run"},
         {"% run photos /backup/photos", "% run -s photos -r /backup/photos -i 5m -l photos.log"}},
    Task{"Review first, then do exactly that",
         {"plan", "show", "apply"},
         {"% plan photos /backup/photos -o plan.json", "% show plan.json", "% apply plan.json"}},
    Task{"Look at what is there",
         {"verify", "scan"},
         {"% verify photos /backup/photos", "% scan photos --md5sum"}},
    Task{"After a crash", {"recover"}, {"% recover /backup/photos"}},
};

struct CommandExamples {
  std::string_view command;
  std::array<std::string_view, 3> lines;
};

constexpr std::array kExamples{
    CommandExamples{
        "run",
        {"% run photos /backup/photos", "% run photos /backup/photos --exclude '*.tmp' --dry-run",
         "% run photos /backup/photos -i 1h --verify-percent 1"}},
    CommandExamples{"plan",
                    {"% plan photos /backup/photos", "% plan photos /backup/photos --json --pin",
                     "% plan photos /backup/photos -o plan.json --detailed-exitcode"}},
    CommandExamples{"apply",
                    {"% apply plan.json", "% apply plan.json --stale refuse --atomic",
                     "% apply plan.json --verify key.pub"}},
    CommandExamples{"scan", {"% scan photos", "% scan photos --md5sum", "% scan photos --json"}},
    CommandExamples{"verify",
                    {"% verify photos /backup/photos", "% verify photos",
                     "% verify photos /backup/photos --digest"}},
    CommandExamples{
        "show", {"% show plan.json", "% show plan.json --tree", "% show --diff old.json new.json"}},
    CommandExamples{"recover", {"% recover /backup/photos", "% recover /backup/photos --rollback"}},
};

std::string example(std::string_view line) {
  std::string text = "  ";
  for (const char letter : line) text += letter == '%' ? program_name() : std::string(1, letter);
  return text + "\n";
}

// Words in lines of at most `columns`, of which each begins at column `at`; the text before it
// reaches to column `from`.
std::string wrapped(std::string_view words, std::size_t from, std::size_t at, std::size_t columns) {
  std::string text;
  std::size_t column = from;
  if (from > 0 && from + 1 > at) {
    text += '\n';
    column = 0;
  }
  bool is_first = true;
  for (std::string_view rest = words; !rest.empty();) {
    const std::string_view word = take_until(rest, ' ');
    if (!is_first && column + 1 + word.size() > columns) {
      text += '\n';
      column = 0;
      is_first = true;
    }
    const std::size_t gap = is_first ? at - std::min(column, at) : 1;
    text += std::string(gap, ' ') + std::string(word);
    column += gap + word.size();
    is_first = false;
  }
  return text + "\n";
}

std::string left_of(const CLI::Option& option) {
  std::string text;
  for (const std::string& name : option.get_snames()) text += "-" + name + ", ";
  if (text.empty()) text = "    ";
  for (const std::string& name : option.get_lnames()) text += "--" + name + ", ";
  text.resize(text.size() - 2);
  const std::string type = option.get_type_name();
  if (option.get_expected_max() == 0 || type.empty()) return text;
  return text + (type.starts_with('[') ? "" : " ") + type;
}

std::string usage_of(const CLI::App& command) {
  std::string usage = "Usage: " + program_name() + " " + command.get_name();
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_name(true, false);
    const std::string_view place = std::string_view(name).substr(0, name.find(' '));
    usage += option->get_required() ? " " + std::string(place) : " [" + std::string(place) + "]";
  }
  return usage + " [OPTIONS]\n";
}

std::string sentence_case(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

}  // namespace

std::string help_of_command(const CLI::App& command, std::size_t columns) {
  columns = std::max(columns, kFewestColumns);
  std::string text = usage_of(command) + "\n" +
                     wrapped(sentence_case(command.get_description()) + ".", 0, 0, columns);
  std::vector<std::string> groups;
  for (const CLI::Option* option : command.get_options()) {
    const std::string& group = option->get_group();
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  for (const std::string& group : groups) {
    text += "\n" + group + ":\n";
    for (const CLI::Option* option : command.get_options()) {
      if (option->get_group() != group || !option->nonpositional()) continue;
      const std::string left = "  " + left_of(*option);
      text += left + wrapped(option->get_description(), left.size(), kTextAt, columns);
    }
  }
  const auto* const examples =
      std::find_if(kExamples.begin(), kExamples.end(),
                   [&](const CommandExamples& one) { return one.command == command.get_name(); });
  if (examples == kExamples.end()) return text;
  text += "\nExamples:\n";
  for (const std::string_view line : examples->lines) text += line.empty() ? "" : example(line);
  return text;
}

std::string help_by_task(const CLI::App& program, std::size_t columns) {
  columns = std::max(columns, kFewestColumns);
  std::string text = "Usage: " + program_name() + " COMMAND ...\n\n" +
                     wrapped(program.get_description(), 0, 0, columns) + "\n";
  for (const Task& task : kTasks) {
    text += std::string(task.title) + ":\n";
    for (const std::string_view name : task.commands) {
      if (name.empty()) continue;
      const CLI::App* const command = program.get_subcommand(std::string(name));
      const std::string left = "  " + std::string(name);
      text += left + wrapped(command->get_description(), left.size(), 12, columns);
    }
    for (const std::string_view line : task.examples)
      text += line.empty() ? "" : "  " + example(line);
    text += "\n";
  }
  return text +
         wrapped("'" + program_name() + " help COMMAND' has the options of a command; '" +
                     program_name() + " --version -v' what protects a run.",
                 0, 0, columns) +
         "\n" + wrapped(program.get_footer(), 0, 0, columns);
}

}  // namespace foldersync
