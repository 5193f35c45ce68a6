#include "cli/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

#include "cli/nearest.h"
#include "cli/option_groups.h"
#include "core/text.h"

namespace foldersync {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done; 1 failed; 2 changes pending (plan --detailed-exitcode) or two plans "
    "differ\n"
    "(show --diff); 3 some of it failed; 4 some of the plan was stale; 5 refused, nothing "
    "touched;\n"
    "6 another run holds the replica; 64 wrong usage; 65 not a valid plan; 130, 143 stopped by a\n"
    "signal.";

// Builds the options of each command into one Settings.
class Parser {
 public:
  Parser() : app_("Keeps a replica folder an exact copy of a source folder.", "sync") {
    app_.set_version_flag("--version", std::string("sync ") + FOLDERSYNC_VERSION);
    app_.require_subcommand(1);
    app_.footer(kFooter);
    app_.failure_message(CLI::FailureMessage::simple);
    add_run();
    add_plan();
    add_apply();
    add_scan();
    add_show();
    add_recover();
  }

  ParsedCommandLine parse(std::vector<std::string> arguments) {
    if (const std::string unknown = unknown_word(arguments); !unknown.empty()) {
      return {std::nullopt, ExitCode::kUsage, unknown};
    }
    // CLI11 takes them from the back.
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(std::move(arguments));
      if (settings_.sign_key && !settings_.output_file && !settings_.signature_file) {
        throw CLI::RequiredError("--sign: --output or --signature");
      }
    } catch (const CLI::CallForHelp&) {
      return {std::nullopt, ExitCode::kDone, current().help()};
    } catch (const CLI::CallForAllHelp&) {
      return {std::nullopt, ExitCode::kDone, current().help("", CLI::AppFormatMode::All)};
    } catch (const CLI::CallForVersion& version) {
      return {std::nullopt, ExitCode::kDone, std::string(version.what()) + "\n"};
    } catch (const CLI::ParseError& error) {
      return usage_error(error.what());
    }
    return {settings_, ExitCode::kDone, {}};
  }

 private:
  const CLI::App& current() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? app_ : *chosen.front();
  }

  ParsedCommandLine usage_error(const std::string& what) const {
    const auto chosen = app_.get_subcommands();
    const std::string command = chosen.empty() ? "" : chosen.front()->get_name() + " ";
    return {std::nullopt, ExitCode::kUsage,
            "sync: " + escaped(what) + "\nTry 'sync " + command + "--help'.\n"};
  }

  // CLI11 reports an unknown option as a missing one: looked for here, before it parses.
  std::string unknown_word(const std::vector<std::string>& arguments) const {
    const CLI::App* command = nullptr;
    bool value_follows = false;
    for (const std::string& argument : arguments) {
      if (std::exchange(value_follows, false)) continue;
      if (argument == "--") break;
      if (argument.size() < 2 || argument[0] != '-') {
        if (command != nullptr) continue;
        command = find_command(argument);
        if (command == nullptr) return unknown("command", argument, command_names());
        continue;
      }
      const CLI::App& scope = command != nullptr ? *command : app_;
      const std::string name =
          argument[1] == '-' ? argument.substr(0, argument.find('=')) : argument.substr(0, 2);
      const CLI::Option* option = scope.get_option_no_throw(name);
      if (option == nullptr) return unknown("option", name, option_names(scope));
      const bool has_value = argument.size() > name.size();
      value_follows = !has_value && option->get_expected_min() > 0;
    }
    return {};
  }

  const CLI::App* find_command(const std::string& name) const {
    for (const CLI::App* command : app_.get_subcommands({})) {
      if (command->get_name() == name) return command;
    }
    return nullptr;
  }

  std::vector<std::string> command_names() const {
    std::vector<std::string> names;
    for (const CLI::App* command : app_.get_subcommands({})) names.push_back(command->get_name());
    return names;
  }

  static std::vector<std::string> option_names(const CLI::App& scope) {
    std::vector<std::string> names;
    for (const CLI::Option* option : scope.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
    return names;
  }

  static std::string unknown(const char* what, const std::string& word,
                             const std::vector<std::string>& candidates) {
    const std::string near = nearest(word, candidates);
    std::string text = std::string("sync: there is no ") + what + " '" + escaped(word) + "'";
    if (!near.empty()) text += ": did you mean '" + near + "'?";
    return text + "\nTry 'sync --help'.\n";
  }

  CLI::App* command(const char* name, const char* description, Command which) {
    CLI::App* added = app_.add_subcommand(name, description);
    added->callback([this, which] { settings_.command = which; });
    added->failure_message(CLI::FailureMessage::simple);
    return added;
  }

  void add_recover() {
    CLI::App* recover = command("recover", "finish what a killed run had begun, or take it back",
                                Command::kRecover);
    groups_.add_replica(recover)->required()->description("the folder whose run was killed");
    recover->add_flag("--rollback", settings_.roll_back, "take it back instead of finishing it");
    recover->add_flag("--drop-conflicts", settings_.drop_conflicts,
                      "remove what earlier runs kept of others' work");
    groups_.add_lock_wait(recover);
    groups_.add_common(recover);
  }

  void add_run() {
    CLI::App* run = command("run", "mirror once, or again and again with -i", Command::kRun);
    groups_.add_source(run)->required();
    groups_.add_replica(run)->required();
    CLI::Option* interval = groups_.add_interval(run);
    run->add_flag("--confirm", settings_.confirm,
                  "show the plan and ask on the terminal before anything is changed")
        ->excludes(interval);
    groups_.add_applying(run);
    groups_.add_planning(run);
    groups_.add_common(run);
  }

  void add_plan() {
    CLI::App* plan =
        command("plan", "work out what would be done, and write it down", Command::kPlan);
    groups_.add_source(plan)->required();
    groups_.add_replica(plan)->required();
    plan->add_flag("--json", settings_.json, "the plan document on standard output");
    add_output(plan, "the plan document in FILE (mode 0600), the text on standard output");
    plan->add_flag("--list", settings_.list,
                   "every action, also on a terminal, which gets a summary otherwise");
    groups_.add_signing(plan);
    plan->add_flag("--detailed-exitcode", settings_.detailed_exit_code,
                   "exit with 2 where there is something to do");
    groups_.add_planning(plan);
    groups_.add_common(plan);
  }

  void add_apply() {
    CLI::App* apply = command("apply", "execute a plan that was written down", Command::kApply);
    apply->add_option("PLAN", settings_.plan_file, "the plan document, - for standard input")
        ->required();
    groups_.add_source(apply)->description("instead of the source that the plan names");
    groups_.add_replica(apply)->description("instead of the replica that the plan names");
    groups_.add_space_check(apply);
    groups_.add_plan_checks(apply);
    groups_.add_verifying(apply);
    groups_.add_applying(apply);
    apply
        ->add_flag_callback(
            "--json", [this] { settings_.report_file = "-"; },
            "the report on standard output, as with --report -")
        ->excludes(apply->get_option("--report"));
    groups_.add_common(apply);
  }

  void add_scan() {
    CLI::App* scan =
        command("scan", "list one tree, one entry a line, in path order", Command::kScan);
    groups_.add_source(scan)->required()->description("the folder that is listed");
    scan->add_flag("--md5", settings_.md5, "with the MD5 of every file");
    scan->add_flag("--md5sum", settings_.md5sum, "lines for md5sum -c");
    scan->add_flag("--json", settings_.json, "one JSON object a line");
    add_output(scan, "write to FILE (mode 0600)");
    scan->add_flag("--one-file-system", settings_.plan.one_file_system,
                   "leave out what is mounted inside");
    groups_.add_filters(scan);
    groups_.add_common(scan);
  }

  void add_show() {
    CLI::App* show = command("show", "show a plan that was written down", Command::kShow);
    show->add_option("PLAN", settings_.plan_file, "the plan document, - for standard input")
        ->required();
    CLI::Option* newer = show->add_option("NEW", settings_.new_plan_file,
                                          "with --diff: the plan that PLAN is compared with");
    std::vector<CLI::Option*> forms;
    const auto add_form = [&](const char* name, ShowForm form, const char* help) {
      forms.push_back(show->add_flag_callback(
          name, [this, form] { settings_.form = form; }, help));
    };
    add_form("--list", ShowForm::kList, "every action, one a line");
    add_form("--stat", ShowForm::kStat, "how many changes, by op and by top-level directory");
    add_form("--tree", ShowForm::kTree, "the changed paths as a tree");
    add_form("--diff", ShowForm::kDiff, "in what two plans differ (exit 2 where they do)");
    forms.back()->needs(newer);
    newer->needs(forms.back());
    forms.push_back(show->add_option_function<std::string>(
        "--html",
        [this](const std::string& file) {
          settings_.form = ShowForm::kHtml;
          settings_.output_file = file;
        },
        "one page for a browser in FILE (mode 0600), - for standard output"));
    forms.back()->type_name("FILE");
    require_text(forms.back(), "a file");
    for (std::size_t at = 0; at < forms.size(); ++at) {
      for (std::size_t other = 0; other < at; ++other) forms[at]->excludes(forms[other]);
    }
    groups_.add_colour(show);
  }

  void add_output(CLI::App* command, const char* help) {
    CLI::Option* option = command->add_option("-o,--output", settings_.output_file, help);
    option->type_name("FILE");
    require_text(option, "a file");
  }

  CLI::App app_;
  Settings settings_;
  OptionGroups groups_{settings_};
};

}  // namespace

ParsedCommandLine parse_command_line(std::vector<std::string> arguments) {
  return Parser().parse(std::move(arguments));
}

}  // namespace foldersync
