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
};

struct DeclaredCommand {
  std::string name;
  std::string text;
  std::vector<std::string> places;  // what is named by its place: "SOURCE", "[REPLICA]"
  std::vector<DeclaredOption> options;
};

struct DeclaredProgram {
  std::string text;
  std::string footer;
  std::vector<DeclaredCommand> commands;
};

DeclaredProgram declared(const CLI::App& program);

}  // namespace foldersync
