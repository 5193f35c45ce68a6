#include "cli/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include "cli/console/console.h"
#include "cli/help/completion.h"
#include "cli/help/help.h"
#include "cli/help/man_page.h"
#include "cli/help/reference.h"
#include "cli/options/command_options.h"
#include "cli/options/declared.h"
#include "cli/options/option_places.h"
#include "cli/options/typed.h"
#include "cli/walls/rights.h"
#include "core/program_name.h"
#include "core/text.h"

namespace foldersync {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done; 1 failed; 2 changes pending (plan --detailed-exitcode) or two plans "
    "differ (show --diff); 3 some of it failed; 4 some of the plan was stale; 5 refused, nothing "
    "touched; 6 another run holds the replica; 64 wrong usage; 65 not a valid plan; 129, 130, 143 "
    "stopped by a signal; 141 done, but nobody reads the output any more.";

// "/a/photos.toml" is the job photos.
std::string job_of(const std::string& file) {
  const std::string name = file.substr(file.rfind('/') + 1);
  return name.ends_with(".toml") ? name.substr(0, name.size() - 5) : name;
}

using Words = std::vector<std::string>;

class Parser {
 public:
  explicit Parser(const Surroundings& around)
      : around_(around),
        app_("Keeps a replica folder an exact copy of a source folder.", program_name()) {
    CLI::Option* version =
        app_.set_version_flag("--version", program_name() + " " + FOLDERSYNC_VERSION);
    app_.add_flag("-v,--verbose")
        ->description("with --version: what protects a run from its own errors")
        ->needs(version);
    app_.require_subcommand(1);
    app_.footer(kFooter);
    app_.failure_message(CLI::FailureMessage::simple);
    add<RunOptions>("run", "mirror once, or again and again with -i");
    add<PlanCommandOptions>("plan", "work out what would be done, and write it down");
    add<ApplyOptions>("apply", "execute a plan that was written down");
    add<ScanOptions>("scan", "list one tree, one entry a line, in path order");
    add<VerifyOptions>("verify", "read both trees completely, and tell change from decay");
    add<ShowOptions>("show", "show a plan that was written down");
    add<RecoverOptions>("recover", "finish what a killed run had begun, or take it back");
    add<WhyOptions>("why", "tell what decides about one path, and what would become of it");
    add<StatusOptions>("status", "tell how the last runs ended, and when the next one begins");
    add<VersionsOptions>("versions",
                         "list what the backups have: the runs, or one file's versions");
    add<RestoreOptions>("restore", "give one file or folder back as it was");
    add<UndoOptions>("undo", "take back what a run did, or a part of it");
    add_config();
    all_ = declared(app_);
  }

  ParsedCommandLine parse(Words arguments) {
    if (arguments.empty())
      return {std::nullopt, ExitCode::kUsage, help_by_task(all_, around_.columns)};
    if (const auto page = page_for_packages(arguments))
      return {std::nullopt, ExitCode::kDone, *page};
    if (arguments.front() == "help") {
      arguments.erase(arguments.begin());
      arguments.resize(std::min<std::size_t>(arguments.size(), 1));
      arguments.emplace_back("--help");
    }
    const Typed typed = typed_in(arguments, all_);
    arguments = typed.words;
    if (!typed.unknown.empty()) return usage_error(typed.unknown, nullptr);
    if (typed.command != nullptr && typed.options.count("help") == 0) {
      if (auto found = find_options({*typed.command, typed.options}, all_, around_.jobs,
                                    around_.environment)) {
        found_ = std::move(found->all);
      } else {
        return end_with(found.error());
      }
      if (auto wrong = insert_settings(arguments, typed)) return std::move(*wrong);
    }
    return parse_all(std::move(arguments), typed);
  }

  // What is wrong with the value of an option, alone on a command line; empty: nothing.
  std::string complaint(const std::string& command, Words words) {
    words.insert(words.begin(), command);
    std::reverse(words.begin(), words.end());
    try {
      app_.parse(std::move(words));
    } catch (const CLI::ValidationError& error) {
      return error.what();
    } catch (const CLI::ConversionError& error) {
      return error.what();
    } catch (const CLI::ParseError& error) {
      return is_refusal(error) ? error.what() : std::string();
    }
    return {};
  }

 private:
  // Behind the command. Something: what is wrong with them.
  std::optional<ParsedCommandLine> insert_settings(Words& arguments, const Typed& typed) {
    Words words;
    for (const Setting& setting : found_.settings) {
      const bool is_folder = typed.command->find(setting.option)->is_folder();
      if (is_folder && typed.folders_by_place == 1) {
        return usage_error(
            "one folder, and a job that names the other one: expected SOURCE and REPLICA, or -s or "
            "-r for the one that is not the job's",
            typed.command);
      }
      auto more = words_of(*typed.command->find(setting.option), setting);
      if (!more) return end_with(more.error());
      std::move(more->begin(), more->end(), std::back_inserter(words));
    }
    const auto at = arguments.begin() + static_cast<std::ptrdiff_t>(typed.command_at) + 1;
    arguments.insert(at, words.begin(), words.end());
    return std::nullopt;
  }

  ParsedCommandLine parse_all(Words arguments, const Typed& typed) {
    // CLI11 takes them from the back.
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      return {std::nullopt, ExitCode::kDone,
              typed.command == nullptr ? help_by_task(all_, around_.columns)
                                       : help_of_command(*typed.command, around_.columns)};
    } catch (const CLI::CallForVersion& version) {
      const bool is_verbose = typed.options.count("verbose") > 0;
      return {std::nullopt, ExitCode::kDone,
              std::string(version.what()) + "\n" + (is_verbose ? what_is_in_force() : "")};
    } catch (const CLI::ParseError& error) {
      const std::string what = with_origin(error.what(), typed.command);
      // A file that is read here may be refused; the library's own codes are above 100.
      return is_refusal(error) ? end_with(refused_error("", what))
                               : usage_error(what, typed.command);
    }
    if (config_) return config_->what == "jobs" ? show_jobs(*config_) : show_config(*config_);
    return {std::move(chosen_), ExitCode::kDone, {}};
  }

  static bool is_refusal(const CLI::ParseError& error) {
    return error.get_exit_code() == static_cast<int>(ExitCode::kRefused);
  }

  // Where it stands what is complained about, if not on the command line.
  std::string with_origin(const std::string& what, const DeclaredCommand* command) const {
    std::string origins;
    for (const Setting& setting : found_.settings) {
      const auto words = words_of(*command->find(setting.option), setting);
      std::string alone = Parser(around_).complaint(command->name, *words);
      const std::string name = "--" + setting.option;
      if (!alone.empty()) {
        if (alone.starts_with(name + ": ")) alone.erase(0, name.size() + 2);
        return where(setting) + ": " + alone;
      }
      if (what.find(name) != std::string::npos)
        origins += "; " + name + " is from " + where(setting);
    }
    return what + origins;
  }

  ParsedCommandLine show_jobs(const ConfigQuestion& question) const {
    if (!question.command.empty()) {
      return usage_error("config jobs: expected nothing more, found '" + question.command + "'",
                         nullptr);
    }
    std::string text;
    for (const auto& [name, file] : jobs_in(around_.jobs)) {
      text += escaped(name) + "\t" + escaped(file) + "\n";
    }
    return {std::nullopt, ExitCode::kDone, text};
  }

  ParsedCommandLine show_config(const ConfigQuestion& question) {
    const DeclaredCommand* command = all_.find(question.command.empty() ? "run" : question.command);
    if (command == nullptr || !command->takes_job() || command->name == "config") {
      return usage_error(
          "config show: expected a command that takes a job, as run or plan, found '" +
              question.command + "'",
          nullptr);
    }
    std::map<std::string, std::string> typed;
    if (!question.job.empty()) typed["job"] = question.job;
    if (!question.job_file.empty()) typed["config"] = question.job_file;
    const auto found = find_options({*command, typed}, all_, around_.jobs, around_.environment);
    if (!found) return end_with(found.error());
    std::string text =
        "# What is in force for " + our_command(command->name) + ", and from where.\n";
    for (const std::string& file : found->files) text += "# Read: " + escaped(file) + "\n";
    return {std::nullopt, ExitCode::kDone, text + text_of(*command, found->all)};
  }

  // "help --man", "help --man run": what is installed beside the program.
  std::optional<std::string> page_for_packages(const Words& arguments) const {
    if (arguments.size() < 2 || arguments[0] != "help") return std::nullopt;
    if (arguments[1] == "--man" && arguments.size() == 2) return man_page_of(all_);
    if (arguments[1] == "--markdown" && arguments.size() == 2) return reference_of(all_);
    if (arguments[1] == "--completion" && arguments.size() == 3) {
      return completion_for(arguments[2], all_);
    }
    const auto* const command =
        arguments.size() == 3 && arguments[1] == "--man" ? all_.find(arguments[2]) : nullptr;
    return command == nullptr ? std::nullopt : std::optional(man_page_of(*command));
  }

  static ParsedCommandLine usage_error(const std::string& what, const DeclaredCommand* command) {
    const std::string name = command == nullptr ? "" : command->name + " ";
    return {
        std::nullopt, ExitCode::kUsage,
        program_name() + ": " + escaped(what) + "\nTry " + our_command(name + "--help") + ".\n"};
  }

  static ParsedCommandLine end_with(const Error& error) {
    const std::string text = error.path.empty() ? escaped(error.detail) : describe(error);
    return {std::nullopt, exit_code_of(error), program_name() + ": " + text + "\n"};
  }

  // The options live as long as the parser's words that write into them.
  template <typename Options>
  void add(const char* name, const char* description) {
    CLI::App* command = app_.add_subcommand(name, description);
    command->failure_message(CLI::FailureMessage::simple);
    const auto options = std::make_shared<Options>();
    if constexpr (requires { options->common; }) options->common.umask = around_.umask;
    if constexpr (requires { options->planning; }) options->planning.umask = around_.umask;
    declare(command, *options);
    command->callback([this, options] {
      if constexpr (requires { check_together(*options); }) check_together(*options);
      if constexpr (requires { options->planning; }) check_together(options->planning);
      if constexpr (requires { options->common; }) {
        CommonOptions& common = options->common;
        if (!common.job_file.empty()) common.job = job_of(common.job_file);
        if constexpr (requires { options->interval_seconds; }) {
          // A job begins in any folder, and the default log is a file in the current one.
          auto& log = options->applying.log_file;
          if (!common.job.empty() && !log) log = "none";
        }
      }
      chosen_ = *options;
    });
  }

  void add_config() {
    CLI::App* config =
        app_.add_subcommand("config", "show which options are in force, and from where");
    config->failure_message(CLI::FailureMessage::simple);
    const auto question = std::make_shared<ConfigQuestion>();
    declare(config, *question);
    config->callback([this, question] { config_ = *question; });
  }

  const Surroundings& around_;
  CLI::App app_;
  DeclaredProgram all_;
  InForce found_;
  std::optional<CommandOptions> chosen_;
  std::optional<ConfigQuestion> config_;
};

}  // namespace

ParsedCommandLine parse_command_line(std::vector<std::string> arguments,
                                     const Surroundings& around) {
  return Parser(around).parse(std::move(arguments));
}

}  // namespace foldersync
