// Options as the command line has them: how one of each kind is declared. All write into what they
// are given, which must outlive the parser. Where a value can't be taken, parsing ends with the
// parser's own exception, which says what was expected and found.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "cli/values/options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace foldersync {

// What is declared while it lives, and in no group by then, is shown by --help under this title.
class Titled {
 public:
  // Both must outlive it.
  Titled(CLI::App* command, const char* title);
  ~Titled();
  Titled(const Titled&) = delete;
  Titled& operator=(const Titled&) = delete;

 private:
  CLI::App* command_;
  const char* title_;
  std::size_t before_;  // options that were there
};

// How the text of an option becomes its value.
struct Value {
  std::string expected;                          // what is said of a text that can't be taken
  std::function<bool(const std::string&)> take;  // whether it could be
};
// What `parse` reads, or gives nothing for.
template <typename Target, typename Parse>
Value into(Target& target, Parse parse, std::string expected) {
  return {std::move(expected), [&target, parse](const std::string& text) {
            const auto value = parse(text);
            if (value) target = *value;
            return value.has_value();
          }};
}

CLI::Option* add_value(CLI::App* command, const char* name, const char* type, Value value,
                       const char* help);

// Seconds up to a year: 0 or more, and above 0.
Value seconds_into(double& target);
Value seconds_into(std::optional<double>& target);
Value some_seconds_into(std::optional<double>& target);

// One word of a few, "batch|none"; `take` is given its place among them.
CLI::Option* add_word(CLI::App* command, const char* name, const std::string& words,
                      const std::function<void(std::size_t)>& take, const char* help);
// The name of a file, which is not empty.
CLI::Option* add_file(CLI::App* command, const char* name, std::optional<std::string>& target,
                      const char* help);

// One that reads content: "--name", or "--name=cached", which believes what is remembered.
CLI::Option* add_reading(CLI::App* command, const char* name,
                         const std::function<void(Remembered)>& take, const char* help);

// The option, with what its value is called, which may not be empty.
CLI::Option* never_empty(CLI::Option* option, const char* type, const char* what);

}  // namespace foldersync
