#include "cli/options/typed.h"

#include <algorithm>
#include <string_view>

#include "cli/options/foreign_options.h"
#include "cli/values/nearest.h"
#include "core/text.h"

namespace foldersync {
namespace {

std::string unknown(const char* what, const std::string& word,
                    const std::vector<std::string>& candidates) {
  const std::string_view ours = in_place_of(word);
  const std::string near = ours.empty() ? nearest(word, candidates) : std::string();
  std::string text = std::string("there is no ") + what + " '" + word + "'";
  if (!ours.empty()) text += ": " + std::string(ours);
  if (!near.empty()) text += ": did you mean '" + near + "'?";
  return text;
}

class Walk {
 public:
  explicit Walk(const DeclaredProgram& program) : program_(program) {}

  Typed over(const std::vector<std::string>& arguments) {
    bool only_places = false;
    for (const std::string& word : arguments) {
      typed_.words.push_back(word);
      if (value_of_ != nullptr) {
        typed_.options[value_of_->long_name()] = word;
        value_of_ = nullptr;
      } else if (!only_places && word == "--") {
        only_places = true;
      } else if (!only_places && word.size() > 1 && word[0] == '-') {
        word[1] == '-' ? take_long(word) : take_short(word);
      } else if (typed_.command == nullptr) {
        take_command(word);
      } else {
        ++places_;
      }
      if (!typed_.unknown.empty()) break;
    }
    note_places();
    return std::move(typed_);
  }

 private:
  void take_command(const std::string& word) {
    typed_.command = program_.find(word);
    typed_.command_at = typed_.words.size() - 1;
    if (typed_.command != nullptr) return;
    std::vector<std::string> names;
    for (const DeclaredCommand& command : program_.commands) names.push_back(command.name);
    typed_.unknown = unknown("command", word, names);
  }

  void take_long(const std::string& word) {
    const std::size_t end = word.find('=');
    const DeclaredOption* option = find(word.substr(0, end));
    if (option == nullptr) return;
    const bool has_value = end != std::string::npos;
    const std::string value = has_value ? word.substr(end + 1) : std::string();
    if (has_value && option->is_flag()) return take_truth(*option, word.substr(0, end), value);
    note(*option, value, has_value);
  }

  // "--quiet=false", "--checksum=cached".
  void take_truth(const DeclaredOption& option, const std::string& name, const std::string& value) {
    typed_.options[option.long_name()] = value;
    if (value == "false") {
      typed_.words.pop_back();
    } else if (value == "true") {
      typed_.words.back() = name;
    } else if (option.value.empty()) {
      typed_.unknown = name + ": expected true or false, found '" + value + "'";
    }
  }

  // "-i5", "-i 5", and several in one word where they take no value: "-qv".
  void take_short(const std::string& word) {
    for (std::size_t at = 1; at < word.size(); ++at) {
      const DeclaredOption* option = find(std::string("-") + word[at]);
      if (option == nullptr) return;
      const std::string_view rest = std::string_view(word).substr(at + 1);
      note(*option, option->is_flag() ? std::string_view() : rest, !rest.empty());
      if (!option->is_flag()) return;
    }
  }

  void note(const DeclaredOption& option, std::string_view value, bool has_value) {
    typed_.options[option.long_name()] = std::string(value);
    if (!has_value && !option.is_flag()) value_of_ = &option;
  }

  const DeclaredOption* find(const std::string& name) {
    const auto& options = typed_.command != nullptr ? typed_.command->options : program_.options;
    std::vector<std::string> names;
    for (const DeclaredOption& option : options) {
      for (const std::string& one : option.names) {
        if (one == name) return &option;
        names.push_back(one);
      }
    }
    typed_.unknown = unknown("option", name, names);
    return nullptr;
  }

  // What stands without an option names the folders that were not named by one.
  void note_places() {
    if (typed_.command == nullptr) return;
    for (const DeclaredOption& option : typed_.command->options) {
      if (places_ == 0) return;
      if (!option.has_place || typed_.options.count(option.long_name()) > 0) continue;
      typed_.options[option.long_name()];
      if (option.is_folder()) ++typed_.folders_by_place;
      --places_;
    }
  }

  const DeclaredProgram& program_;
  Typed typed_;
  const DeclaredOption* value_of_ = nullptr;  // the next word is its value
  std::size_t places_ = 0;                    // words without an option
};

}  // namespace

Typed typed_in(const std::vector<std::string>& arguments, const DeclaredProgram& program) {
  return Walk(program).over(arguments);
}

}  // namespace foldersync
