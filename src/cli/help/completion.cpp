#include "cli/help/completion.h"

#include <string_view>
#include <utility>
#include <vector>

#include "cli/help/help.h"
#include "core/parts.h"
#include "core/program_name.h"

namespace foldersync {
namespace {

// What an option's value is, as far as a shell can help.
enum class Kind : std::uint8_t { kNone, kFolder, kFile, kJob, kWords, kOther };

Kind kind_of(std::string_view value) {
  if (value.empty() || value.starts_with('[')) return Kind::kNone;
  if (value == "DIR") return Kind::kFolder;
  if (value == "FILE" || value == "KEY") return Kind::kFile;
  if (value == "JOB") return Kind::kJob;
  const bool is_choice =
      value.find('|') != std::string_view::npos && value.front() >= 'a' && value.front() <= 'z';
  return is_choice ? Kind::kWords : Kind::kOther;
}

// A command that prints the names of the jobs, one a line.
std::string job_names() { return program_name() + " config jobs 2>/dev/null | cut -f 1"; }

std::string spaced(std::string_view words) {
  std::string text;
  while (!words.empty()) text += (text.empty() ? "" : " ") + std::string(take_until(words, '|'));
  return text;
}

// What stands without an option in this command, first of all.
Kind kind_of_place(const DeclaredCommand& command) {
  if (command.places.empty()) return Kind::kFile;
  const std::string& place = command.places.front();
  if (place.find("PLAN") != std::string::npos) return Kind::kFile;
  return kind_of(place) == Kind::kWords ? Kind::kWords
         : place == "[JOB]"             ? Kind::kJob
                                        : Kind::kFolder;
}

// For single quotes of a shell.
std::string quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char letter : text) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
  return quoted + "'";
}

// A name that a shell's function may have.
std::string function_name() {
  std::string name = "_";
  for (const char letter : program_name()) {
    const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                           (letter >= '0' && letter <= '9');
    name += is_letter ? letter : '_';
  }
  return name;
}

std::string command_names(const DeclaredProgram& program) {
  std::string names;
  for (const DeclaredCommand& command : program.commands) names += command.name + " ";
  return names + "help";
}

// "run:--log|run:-l" of the options with a value of one kind.
std::string bash_cases(const DeclaredProgram& program, Kind kind) {
  std::string cases;
  for (const DeclaredCommand& command : program.commands) {
    for (const DeclaredOption& option : command.options) {
      if (kind_of(option.value) != kind) continue;
      for (const std::string& name : option.names) {
        cases += (cases.empty() ? "" : "|") + command.name + ":" + name;
      }
    }
  }
  return cases;
}

std::string bash_place(const DeclaredCommand& command, const std::string& reply) {
  switch (kind_of_place(command)) {
    case Kind::kWords:
      return reply + "-W " + quoted(spaced(command.places.front()));
    case Kind::kJob:
      return reply + "-W \"$(" + job_names() + ")\"";
    case Kind::kFolder:
      return "compopt -o filenames\n        " + reply + "-d";
    default:
      return "compopt -o filenames\n        " + reply + "-f";
  }
}

std::string bash(const DeclaredProgram& program) {
  const std::string reply = "mapfile -t COMPREPLY < <(compgen ";
  const std::string end = " -- \"$current\")";
  std::string text = "# bash completion\n" + function_name() +
                     "() {\n"
                     "  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n"
                     "  local previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
                     "  COMPREPLY=()\n"
                     "  if ((COMP_CWORD == 1)) || [[ $command == help ]]; then\n"
                     "    " +
                     reply + "-W " + quoted(command_names(program) + " --help --version") + end +
                     "\n    return\n  fi\n"
                     "  case $command:$previous in\n"
                     "    " +
                     bash_cases(program, Kind::kFolder) +
                     ")\n"
                     "      compopt -o filenames\n      " +
                     reply + "-d" + end +
                     "\n      return ;;\n"
                     "    " +
                     bash_cases(program, Kind::kFile) +
                     ")\n"
                     "      compopt -o filenames\n      " +
                     reply + "-f" + end + "\n      return ;;\n    " +
                     bash_cases(program, Kind::kJob) + ")\n      " + reply + "-W \"$(" +
                     job_names() + ")\"" + end + "\n      return ;;\n";
  for (const DeclaredCommand& command : program.commands) {
    for (const DeclaredOption& option : command.options) {
      if (kind_of(option.value) != Kind::kWords) continue;
      text += "    " + command.name + ":" + option.names.back() + ") " + reply + "-W " +
              quoted(spaced(option.value)) + end + "; return ;;\n";
    }
  }
  text += "    " + bash_cases(program, Kind::kOther) + ") return ;;\n  esac\n  case $command in\n";
  for (const DeclaredCommand& command : program.commands) {
    std::string names;
    for (const DeclaredOption& option : command.options) {
      for (const std::string& name : option.names) names += (names.empty() ? "" : " ") + name;
    }
    text += "    " + command.name + ")\n      if [[ $current == -* ]]; then\n        " + reply +
            "-W " + quoted(names) + end + "\n      else\n        " + bash_place(command, reply) +
            end + "\n      fi ;;\n";
  }
  return text + "  esac\n}\ncomplete -F " + function_name() + " " + program_name() + "\n";
}

// For what stands between brackets or colons in an argument of _arguments.
std::string zsh_text(std::string_view text) { return backslashed(text, "[]:\\"); }

std::string zsh_value(Kind kind, const std::string& value) {
  switch (kind) {
    case Kind::kNone:
      return {};
    case Kind::kFolder:
      return ":folder:_files -/";
    case Kind::kFile:
      return ":file:_files";
    case Kind::kJob:
      return ":job:{compadd -- ${(f)\"$(" + job_names() + ")\"}}";
    case Kind::kWords:
      return ":word:(" + spaced(value) + ")";
    case Kind::kOther:
      break;
  }
  return ":" + zsh_text(value) + ": ";
}

std::string zsh(const DeclaredProgram& program) {
  std::string text = "#compdef " + program_name() + "\n" + function_name() +
                     "() {\n  local -a commands\n  commands=(\n";
  for (const DeclaredCommand& command : program.commands) {
    text += "    " + quoted(command.name + ":" + zsh_text(command.text)) + "\n";
  }
  text +=
      "    'help:what there is, or the options of a command'\n  )\n"
      "  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=$words[2]\n  shift words\n  ((CURRENT--))\n  case $command in\n";
  for (const DeclaredCommand& command : program.commands) {
    text += "    " + command.name + ")\n      _arguments";
    for (const DeclaredOption& option : command.options) {
      for (const std::string& name : option.names) {
        text += " \\\n        " + quoted(name + "[" + zsh_text(option.text) + "]" +
                                         zsh_value(kind_of(option.value), option.value));
      }
    }
    const std::string place = command.places.empty() ? std::string() : command.places.front();
    text += " \\\n        " + quoted("*" + zsh_value(kind_of_place(command), place)) + " ;;\n";
  }
  return text + "    help) _describe command commands ;;\n  esac\n}\n" + function_name() +
         " \"$@\"\n";
}

std::string fish_value(Kind kind, const std::string& value) {
  switch (kind) {
    case Kind::kNone:
      return {};
    case Kind::kFolder:
      return " -x -a '(__fish_complete_directories)'";
    case Kind::kFile:
      return " -r -F";
    case Kind::kJob:
      return " -x -a '(" + job_names() + ")'";
    case Kind::kWords:
      return " -x -a " + quoted(spaced(value));
    case Kind::kOther:
      break;
  }
  return " -x";
}

std::string fish(const DeclaredProgram& program) {
  const std::string begin = "complete -c " + program_name();
  const std::string none =
      " -n " + quoted("not __fish_seen_subcommand_from " + command_names(program));
  std::string text = "# fish completion\n" + begin + none + " -f\n";
  for (const DeclaredCommand& command : program.commands) {
    const std::string here = begin + " -n '__fish_seen_subcommand_from " + command.name + "'";
    text += begin + none + " -a " + command.name + " -d " + quoted(command.text) + "\n";
    for (const DeclaredOption& option : command.options) {
      text += here;
      for (const std::string& name : option.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      text += fish_value(kind_of(option.value), option.value) + " -d " + quoted(option.text) + "\n";
    }
    const Kind kind = kind_of_place(command);
    if (kind != Kind::kFile) text += here + fish_value(kind, command.places.front()) + "\n";
  }
  return text;
}

}  // namespace

std::optional<std::string> completion_for(const std::string& shell,
                                          const DeclaredProgram& program) {
  if (shell == "bash") return bash(program);
  if (shell == "zsh") return zsh(program);
  return shell == "fish" ? std::optional(fish(program)) : std::nullopt;
}

}  // namespace foldersync
