#include "cli/options/job_text.h"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "cli/values/nearest.h"

namespace foldersync {
namespace {

using Element = std::pair<const toml::key*, const toml::node*>;

// In the order in which they stand; the library has them by name.
std::vector<Element> elements_of(const toml::table& table) {
  std::vector<Element> elements;
  for (const auto& [key, node] : table) elements.emplace_back(&key, &node);
  std::sort(elements.begin(), elements.end(), [](const Element& a, const Element& b) {
    const auto& one = a.first->source().begin;
    const auto& other = b.first->source().begin;
    return one.line != other.line ? one.line < other.line : one.column < other.column;
  });
  return elements;
}

// Nothing of a table or a list, and of dates.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) {
    std::string text = std::to_string(number->get());
    text.erase(text.find_last_not_of('0') + 1);
    return text.back() == '.' ? text + "0" : text;
  }
  return std::nullopt;
}

// Whether a value names a file or a folder, which a word in its place ("FILE|-") does not.
bool is_path(const DeclaredOption& option, const std::string& value) {
  std::string_view words = option.value;
  const std::string_view type = words.substr(0, words.find('|'));
  if (type != "DIR" && type != "FILE" && type != "KEY") return false;
  while (words.find('|') != std::string_view::npos) {
    words.remove_prefix(words.find('|') + 1);
    if (value == words.substr(0, words.find('|'))) return false;
  }
  return value != "-";
}

class Reader {
 public:
  Reader(const JobText& job, const std::string& command, const DeclaredProgram& program,
         const std::string& home)
      : job_(job), command_(command), program_(program), home_(home) {}

  Result<Settings> read() {
    toml::table all;
    try {
      all = toml::parse(job_.text);
    } catch (const toml::parse_error& error) {
      return wrong(error.source(), std::string(error.description()));
    }
    Settings of_command;
    for (const auto& [key, node] : elements_of(all)) {
      const DeclaredCommand* command = program_.find(std::string(key->str()));
      const bool is_command = command != nullptr && command->takes_job();
      const std::string name(key->str());
      if (is_command && !node->is_table()) {
        return wrong(key->source(), "expected one table [" + name + "]");
      }
      if (!is_command && node->is_table()) {
        return wrong(key->source(),
                     "no command '" + name + "' takes a job, so there is no such table");
      }
      if (!is_command) {
        TRY(add(*key, *node, nullptr, top_));
        continue;
      }
      for (const auto& [inner, value] : elements_of(*node->as_table())) {
        Settings others;
        TRY(add(*inner, *value, command, command->name == command_ ? of_command : others));
      }
    }
    return in_force(std::move(of_command));
  }

 private:
  // `command`: whose table it stands in; null: at the top, for all.
  Status add(const toml::key& key, const toml::node& node, const DeclaredCommand* command,
             Settings& into) {
    const std::string name(key.str());
    const DeclaredOption* option = TRY(find_option(key, command));
    const auto* list = node.as_array();
    if (list != nullptr && !option->repeats) {
      return wrong(node.source(), name + ": expected one value, found a list");
    }
    if (list == nullptr) return add_value(name, node, *option, into);
    for (const toml::node& one : *list) TRY(add_value(name, one, *option, into));
    return success();
  }

  Status add_value(const std::string& name, const toml::node& node, const DeclaredOption& option,
                   Settings& into) {
    auto value = text_of(node);
    if (!value) return wrong(node.source(), name + ": expected a text, a number, true or false");
    if (value->find('\0') != std::string::npos) {
      return wrong(node.source(), name + ": expected a text without a zero byte");
    }
    const bool is_home = *value == "~" || value->starts_with("~/");
    if (is_home && is_path(option, *value) && !home_.empty()) value = home_ + value->substr(1);
    if (is_path(option, *value) && !value->starts_with('/')) {
      return wrong(node.source(), name +
                                      ": expected a path from / or ~/ on, since a job may begin "
                                      "in any folder, found '" +
                                      *value + "'");
    }
    into.push_back({.option = name,
                    .value = std::move(*value),
                    .origin = place(node.source()),
                    .name = name,
                    .in_file = true});
    return success();
  }

  Result<const DeclaredOption*> find_option(const toml::key& key, const DeclaredCommand* command) {
    const std::string name(key.str());
    std::vector<std::string> names;
    for (const DeclaredCommand& one : program_.commands) {
      if (!one.takes_job() || (command != nullptr && command != &one)) continue;
      for (const DeclaredOption& option : one.options) {
        if (!option.is_setting()) continue;
        if (option.long_name() == name) return check_folders(key, option);
        names.push_back(option.long_name());
      }
    }
    const std::string near = nearest(name, names);
    return wrong(key.source(), "there is no option '" + name + "'" +
                                   (command == nullptr ? "" : " of " + command->name) +
                                   " for a job" +
                                   (near.empty() ? "" : ": did you mean '" + near + "'?"));
  }

  Result<const DeclaredOption*> check_folders(const toml::key& key,
                                              const DeclaredOption& option) const {
    if (job_.has_folders || !option.is_folder()) return &option;
    return wrong(key.source(),
                 option.long_name() + ": a folder is named by a job, or on the command line");
  }

  // What the command's own table has takes the place of what stands at the top.
  Settings in_force(Settings of_command) const {
    const DeclaredCommand* command = program_.find(command_);
    Settings all;
    for (const Setting& setting : top_) {
      const bool is_own =
          std::any_of(of_command.begin(), of_command.end(),
                      [&](const Setting& own) { return own.option == setting.option; });
      if (command != nullptr && command->shares(setting.option) && !is_own) all.push_back(setting);
    }
    std::move(of_command.begin(), of_command.end(), std::back_inserter(all));
    return all;
  }

  std::string place(const toml::source_region& source) const {
    return job_.file + ":" + std::to_string(source.begin.line);
  }
  Error wrong(const toml::source_region& source, const std::string& what) const {
    return usage_error("read job", place(source) + ": " + what);
  }

  const JobText& job_;
  const std::string& command_;
  const DeclaredProgram& program_;
  const std::string& home_;
  Settings top_;
};

}  // namespace

Result<Settings> settings_in(const JobText& job, const std::string& command,
                             const DeclaredProgram& program, const std::string& home) {
  return Reader(job, command, program, home).read();
}

}  // namespace foldersync
