#include "cli/help/man_page.h"

#include <string_view>

#include "cli/help/help.h"
#include "core/parts.h"
#include "core/program_name.h"

namespace foldersync {
namespace {

// Of the last change that a reader should know of.
constexpr const char* kDate = "November 30, 2026";

// What lies around the program, for its own page.
constexpr const char* kSurroundings = R"(.Sh ENVIRONMENT
.Bl -tag -width Ds
.It Ev FOLDERSYNC_OPT_NAME
A long option other than those that name folders: FOLDERSYNC_OPT_MAX_DELETE=5 is
.Fl \-max\-delete Ar 5 .
Options that may be given several times have a value a line.
.It Ev XDG_CONFIG_HOME , XDG_STATE_HOME
Where jobs and the state folder lie, instead of ~/.config and ~/.local/state.
.It Ev NO_COLOR
No colours, unless they are asked for.
.El
.Sh FILES
.Bl -tag -width Ds
.It Pa ~/.config/foldersync/JOB.toml , /etc/foldersync/JOB.toml
The options of a job, by their long names.
.It Pa ~/.config/foldersync/defaults.toml , /etc/foldersync/defaults.toml
Options for all that is run.
.It Pa ~/.local/state/foldersync
What is remembered from one run to the next.
.El
)";

// No letter of it is for the formatter.
std::string plain_word(std::string_view word) {
  std::string escaped = word.starts_with('.') || word.starts_with('\'') ? "\\&" : "";
  for (const char letter : word) {
    escaped += letter == '\\' ? "\\e" : letter == '-' ? "\\-" : std::string(1, letter);
  }
  return escaped;
}

// The same of a text, in lines of at most 80 bytes where its words allow that.
std::string plain(std::string_view text) {
  constexpr std::size_t kLine = 80;
  std::string lines;
  std::size_t length = 0;
  while (!text.empty()) {
    const std::string word = plain_word(take_until(text, ' '));
    const bool is_full = length + 1 + word.size() > kLine;
    if (length > 0) lines += is_full ? '\n' : ' ';
    length = is_full ? word.size() : length + 1 + word.size();
    lines += word;
  }
  return lines + "\n";
}

// As an argument of a macro, whatever it holds.
std::string quoted(const std::string& text) {
  std::string escaped;
  for (const char letter : plain_word(text))
    escaped += letter == '"' ? "\\(dq" : std::string(1, letter);
  return "\"" + escaped + "\"";
}

std::string upper(std::string text) {
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 32);
  }
  return text;
}

std::string head(const std::string& name, const std::string& text) {
  return std::string(".Dd ") + kDate + "\n.Dt " + upper(name) + " 1\n.Os\n.Sh NAME\n.Nm " + name +
         "\n.Nd " + plain(text) + ".Sh SYNOPSIS\n";
}

// `.It Fl s , Fl -source Ar DIR`
std::string item_of(const DeclaredOption& option) {
  std::string line = ".It";
  for (const std::string& name : option.names) {
    if (&name != &option.names.front()) line += " ,";
    line += " Fl " + quoted(name.substr(1));
  }
  if (option.value.starts_with('[')) return line + " Ns " + quoted(option.value) + "\n";
  return option.value.empty() ? line + "\n" : line + " Ar " + quoted(option.value) + "\n";
}

std::string option_list(const DeclaredCommand& command) {
  std::string text;
  for (const std::string& group : groups_of(command)) {
    text += ".Ss " + plain(group) + ".Bl -tag -width Ds\n";
    for (const DeclaredOption& option : command.options) {
      if (option.group == group) text += item_of(option) + plain(sentence_of(option.text));
    }
    text += ".El\n";
  }
  return text;
}

std::string example_list(const std::string& command) {
  std::string text = ".Sh EXAMPLES\n.Bd -literal\n";
  for (const std::string& line : examples_of(command)) text += plain_word(line) + "\n";
  return text + ".Ed\n";
}

}  // namespace

std::string man_page_of(const DeclaredProgram& program) {
  const std::string& name = program_name();
  std::string text = head(name, "keep a folder an exact copy of another one") +
                     ".Nm\n.Ar COMMAND\n.Op Ar ...\n.Sh DESCRIPTION\n" + plain(program.text) +
                     ".Bl -tag -width Ds\n";
  for (const DeclaredCommand& command : program.commands) {
    text += ".It Cm " + command.name + "\n" + plain(sentence_of(command.text)) + "See\n.Xr " +
            name + "-" + command.name + " 1 .\n";
  }
  return text + ".El\n" + kSurroundings + ".Sh EXIT STATUS\n" + plain(program.footer) +
         example_list("run");
}

std::string man_page_of(const DeclaredCommand& command) {
  const std::string name = program_name() + "-" + command.name;
  std::string text =
      head(name, command.text) + ".Nm " + program_name() + "\n.Cm " + command.name + "\n";
  for (const std::string& place : command.places) text += ".Ar " + quoted(place) + "\n";
  return text + ".Op Ar OPTIONS\n.Sh DESCRIPTION\n" + plain(sentence_of(command.text)) +
         option_list(command) + example_list(command.name) + ".Sh SEE ALSO\n.Xr " + program_name() +
         " 1\n";
}

}  // namespace foldersync
