#include "cli/help/help.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "core/columns.h"
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
         {"verify", "scan", "why"},
         {"% verify photos /backup/photos", "% scan photos --md5sum",
          "% why a/b.jpg -s photos -r /backup/photos"}},
    Task{"Unattended", {"config"}, {"% run --job photos", "% config show --job photos"}},
    Task{"Has all gone well?", {"status"}, {"% status", "% status --max-age 26h"}},
    Task{"One file back, or all of a run",
         {"versions", "restore", "undo"},
         {"% versions -r /backup/photos a.jpg", "% restore a.jpg --at 2d -r /backup/photos",
          "% undo -r /backup/photos"}},
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
    CommandExamples{"config", {"% config show --job photos", "% config show plan --job photos"}},
    CommandExamples{
        "why", {"% why a/b.jpg -s photos -r /backup/photos", "% why a/b.jpg --job photos", ""}},
    CommandExamples{"status", {"% status", "% status --history", "% status --max-age 26h --json"}},
    CommandExamples{"versions",
                    {"% versions -r /backup/photos", "% versions -r /backup/photos 2026/a.jpg",
                     "% versions --job photos --json"}},
    CommandExamples{"restore",
                    {"% restore 2026/a.jpg --at 2d -r /backup/photos",
                     "% restore 2026 --at '2026-11-30 18:00' -r /backup/photos --to /tmp/found"}},
    CommandExamples{"undo",
                    {"% undo -r /backup/photos --dry-run", "% undo -r /backup/photos",
                     "% undo -r /backup/photos --only 2026/"}},
    CommandExamples{"recover", {"% recover /backup/photos", "% recover /backup/photos --rollback"}},
};

std::string example(std::string_view line) {
  std::string text;
  for (const char letter : line) text += letter == '%' ? program_name() : std::string(1, letter);
  return text;
}

std::string left_of(const DeclaredOption& option) {
  std::string text = option.names.front().starts_with("--") ? "    " : "";
  for (const std::string& name : option.names) {
    text += (&name == &option.names.front() ? "" : ", ") + name;
  }
  if (option.value.empty()) return text;
  return text + (option.value.starts_with('[') ? "" : " ") + option.value;
}

std::string usage_of(const DeclaredCommand& command) {
  std::string usage = "Usage: " + program_name() + " " + command.name;
  for (const std::string& place : command.places) usage += " " + place;
  return usage + " [OPTIONS]\n";
}

}  // namespace

std::string sentence_of(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text + ".";
}

std::string backslashed(std::string_view text, std::string_view letters) {
  std::string result;
  for (const char letter : text) {
    if (letters.find(letter) != std::string_view::npos) result += '\\';
    result += letter;
  }
  return result;
}

std::vector<std::string> groups_of(const DeclaredCommand& command) {
  std::vector<std::string> groups;
  for (const DeclaredOption& option : command.options) {
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) {
      groups.push_back(option.group);
    }
  }
  return groups;
}

std::vector<std::string> examples_of(std::string_view command) {
  std::vector<std::string> examples;
  for (const CommandExamples& one : kExamples) {
    if (one.command != command) continue;
    for (const std::string_view line : one.lines) {
      if (!line.empty()) examples.push_back(example(line));
    }
  }
  return examples;
}

std::string help_of_command(const DeclaredCommand& command, std::size_t columns) {
  columns = std::max(columns, kFewestColumns);
  std::string text = usage_of(command) + "\n" + wrapped(sentence_of(command.text), 0, 0, columns);
  for (const std::string& group : groups_of(command)) {
    text += "\n" + group + ":\n";
    for (const DeclaredOption& option : command.options) {
      if (option.group != group) continue;
      const std::string left = "  " + left_of(option);
      text += left + wrapped(option.text, left.size(), kTextAt, columns);
    }
  }
  text += "\nExamples:\n";
  for (const std::string& line : examples_of(command.name)) text += "  " + line + "\n";
  return text;
}

std::string help_by_task(const DeclaredProgram& program, std::size_t columns) {
  columns = std::max(columns, kFewestColumns);
  std::string text =
      "Usage: " + program_name() + " COMMAND ...\n\n" + wrapped(program.text, 0, 0, columns) + "\n";
  for (const Task& task : kTasks) {
    text += std::string(task.title) + ":\n";
    for (const std::string_view name : task.commands) {
      for (const DeclaredCommand& command : program.commands) {
        if (command.name != name) continue;
        const std::string left = "  " + command.name;
        text += left + wrapped(command.text, left.size(), 12, columns);
      }
    }
    for (const std::string_view line : task.examples) {
      if (!line.empty()) text += "    " + example(line) + "\n";
    }
    text += "\n";
  }
  return text +
         wrapped(our_command("help COMMAND") + " has the options of a command; " +
                     our_command("--version -v") + " what protects a run.",
                 0, 0, columns) +
         "\n" + wrapped(program.footer, 0, 0, columns);
}

}  // namespace foldersync
