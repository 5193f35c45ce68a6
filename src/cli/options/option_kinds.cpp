#include "cli/options/option_kinds.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <vector>

#include "cli/values/option_values.h"

namespace foldersync {
namespace {

template <typename Target>
Value limited_seconds_into(Target& target, const char* bound, double above) {
  const auto parse = [above](const std::string& text) {
    const auto seconds = parse_seconds(text);
    return seconds && *seconds > above && *seconds <= kYearSeconds ? seconds : std::nullopt;
  };
  return into(target, parse,
              std::string("seconds, or a time as 5m, 1h30m or 2d, ") + bound +
                  " and at most 31536000 (a year)");
}

}  // namespace

Titled::Titled(CLI::App* command, const char* title)
    : command_(command), title_(title), before_(command->get_options().size()) {}

Titled::~Titled() {
  constexpr const char* kNone = "Options";  // the library's own word
  const std::vector<CLI::Option*> options = command_->get_options();
  for (std::size_t at = before_; at < options.size(); ++at) {
    if (options[at]->get_group() == kNone) options[at]->group(title_);
  }
}

CLI::Option* add_value(CLI::App* command, const char* name, const char* type, Value value,
                       const char* help) {
  const auto take = [name, value = std::move(value)](const std::string& text) {
    if (value.take(text)) return;
    throw CLI::ValidationError(name, "expected " + value.expected + ", found '" + text + "'");
  };
  return command->add_option_function<std::string>(name, take, help)->type_name(type);
}

Value seconds_into(double& target) { return limited_seconds_into(target, "0 or more", -1); }
Value seconds_into(std::optional<double>& target) {
  return limited_seconds_into(target, "0 or more", -1);
}
Value some_seconds_into(std::optional<double>& target) {
  return limited_seconds_into(target, "above 0", 0);
}

CLI::Option* add_word(CLI::App* command, const char* name, const std::string& words,
                      const std::function<void(std::size_t)>& take, const char* help) {
  const std::vector<std::string> choice = CLI::detail::split(words, '|');
  std::string expected = choice.front();
  for (std::size_t i = 1; i < choice.size(); ++i) {
    expected += (i + 1 < choice.size() ? ", " : " or ") + choice[i];
  }
  const auto take_word = [choice, take](const std::string& text) {
    const auto word = std::find(choice.begin(), choice.end(), text);
    if (word != choice.end()) take(static_cast<std::size_t>(word - choice.begin()));
    return word != choice.end();
  };
  return add_value(command, name, words.c_str(), {expected, take_word}, help);
}

CLI::Option* add_file(CLI::App* command, const char* name, std::optional<std::string>& target,
                      const char* help) {
  return never_empty(command->add_option(name, target, help), "FILE", "a file");
}

CLI::Option* add_reading(CLI::App* command, const char* name,
                         const std::function<void(Remembered)>& take, const char* help) {
  const auto take_text = [name, take](const std::string& text) {
    const bool is_cached = text == "cached";
    if (!is_cached && !text.empty()) {
      throw CLI::ValidationError(name, "expected nothing, or =cached, found '" + text + "'");
    }
    take(is_cached ? Remembered::kIsBelieved : Remembered::kIsReadAgain);
  };
  return command->add_option_function<std::string>(name, take_text, help)
      ->expected(0, 1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->type_name("[=cached]");
}

CLI::Option* never_empty(CLI::Option* option, const char* type, const char* what) {
  return option->type_name(type)->check([what](const std::string& value) {
    return value.empty() ? std::string("expected ") + what + ", found nothing" : std::string();
  });
}

}  // namespace foldersync
