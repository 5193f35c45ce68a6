// What the commands declare, as values: help, manual pages and completions are made of it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace foldersync {

struct DeclaredOption {
  std::vector<std::string> names;  // with their dashes, the short ones first; empty: by its place
  std::string value;               // "DIR", "auto|always|never", "[=cached]"; empty: it takes none
  std::string text;
  std::string group;
  bool has_place = false;           // it may also be given by its place, without its name
  bool repeats = false;             // it may be given again and again
  std::vector<std::string> rivals;  // long names, without dashes, of what can't be given with it

  // Without dashes; empty: it has none.
  [[nodiscard]] std::string long_name() const;
  // Whether it takes no value, or may be given without one.
  [[nodiscard]] bool is_flag() const { return value.empty() || value.starts_with('['); }
  // Whether it may come from a job file; from the environment, too, unless it names a folder that
  // is mirrored.
  [[nodiscard]] bool is_setting() const;
  [[nodiscard]] bool is_folder() const;
};

struct DeclaredCommand {
  std::string name;
  std::string text;
  std::vector<std::string> places;  // what is named by its place: "SOURCE", "[REPLICA]"
  std::vector<DeclaredOption> options;

  // Null where it has none of that long name.
  [[nodiscard]] const DeclaredOption* find(const std::string& long_name) const;
  // Whether a job can be named, which gives options to it.
  [[nodiscard]] bool takes_job() const { return find("job") != nullptr; }
  // Whether what a job or the environment says for all commands is for this one, too.
  [[nodiscard]] bool shares(const std::string& long_name) const;
};

struct DeclaredProgram {
  std::string text;
  std::string footer;
  std::vector<DeclaredOption> options;  // before a command
  std::vector<DeclaredCommand> commands;

  [[nodiscard]] const DeclaredCommand* find(const std::string& name) const;
};

DeclaredProgram declared(const CLI::App& program);

}  // namespace foldersync
