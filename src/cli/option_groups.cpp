#include "cli/option_groups.h"

#include <CLI/CLI.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <utility>

#include "cli/gentleness.h"
#include "cli/seconds.h"
#include "filter/filter.h"

namespace foldersync {
namespace {

constexpr double kYear = 31'536'000;
constexpr double kLongestWait = kYear;
constexpr std::size_t kMostThreads = 256;

CLI::Option* add_seconds(CLI::App* command, const char* name, const char* help, double least,
                         std::function<void(double)> take) {
  return command
      ->add_option_function<std::string>(
          name,
          [name, least, take = std::move(take)](const std::string& text) {
            const auto seconds = parse_seconds(text);
            const bool above = seconds && (least > 0 ? *seconds > 0 : *seconds >= 0);
            if (above && *seconds <= kLongestWait) return take(*seconds);
            throw CLI::ValidationError(name, std::string("expected a number of seconds, ") +
                                                 (least > 0 ? "above 0" : "0 or more") +
                                                 " and at most 31536000 (a year), found '" + text +
                                                 "'");
          },
          help)
      ->type_name("SECONDS");
}

// A number above 0, as `parse` reads it.
void add_whole_number(CLI::App* command, const char* name, std::uint64_t& target,
                      const char* type_name, const char* help,
                      std::function<std::optional<std::uint64_t>(const std::string&)> parse) {
  command
      ->add_option_function<std::string>(
          name,
          [name, type_name, &target, parse = std::move(parse)](const std::string& text) {
            const auto number = parse(text);
            target = number.value_or(0);
            if (target > 0) return;
            throw CLI::ValidationError(name, std::string("expected ") + type_name +
                                                 ", a number above 0, found '" + text + "'");
          },
          help)
      ->type_name(type_name);
}

// At most a century.
std::optional<std::uint64_t> parse_whole_seconds(const std::string& text) {
  constexpr double kCentury = 100 * kYear;
  const auto seconds = parse_seconds(text);
  if (!seconds || *seconds < 1 || *seconds > kCentury) return std::nullopt;
  const auto whole = static_cast<std::uint64_t>(*seconds);
  return static_cast<double>(whole) == *seconds ? std::optional(whole) : std::nullopt;
}

void add_limit(CLI::App* command, const char* name, std::optional<Limit>& limit, const char* help) {
  command
      ->add_option_function<std::string>(
          name,
          [name, &limit](const std::string& text) {
            limit = parse_limit(text);
            if (limit) return;
            throw CLI::ValidationError(
                name,
                "expected a number of entries or a percentage up to 100%, found '" + text + "'");
          },
          help)
      ->type_name("N|P%");
}

void add_when(CLI::App* command, const char* name, When& target, const char* help) {
  const std::map<std::string, When> when{
      {"auto", When::kAuto}, {"always", When::kAlways}, {"never", When::kNever}};
  command
      ->add_option_function<std::string>(
          name,
          [name, when, &target](const std::string& text) {
            const auto found = when.find(text);
            if (found == when.end()) {
              throw CLI::ValidationError(name,
                                         "expected auto, always or never, found '" + text + "'");
            }
            target = found->second;
          },
          help)
      ->type_name("auto|always|never");
}

}  // namespace

void require_text(CLI::Option* option, const char* what) {
  option->check([what](const std::string& value) {
    return value.empty() ? std::string("expected ") + what + ", found nothing" : std::string();
  });
}

CLI::Option* OptionGroups::add_source(CLI::App* command) {
  CLI::Option* option =
      command->add_option("-s,--source", settings_.source, "the folder that is copied");
  option->type_name("DIR");
  require_text(option, "a folder");
  return option;
}

CLI::Option* OptionGroups::add_replica(CLI::App* command) {
  CLI::Option* option = command->add_option("-r,--replica", settings_.replica,
                                            "the folder that becomes its exact copy");
  option->type_name("DIR");
  require_text(option, "a folder");
  return option;
}

void OptionGroups::add_filters(CLI::App* command) {
  const auto rule = [&](const char* name, const char* help, auto make) {
    command
        ->add_option_function<std::string>(
            name, [this, make, name](const std::string& glob) { add_rule(make(glob), name); }, help)
        ->trigger_on_parse()
        ->type_name("GLOB");
  };
  rule("--exclude", "leave out what matches this gitignore pattern", exclude_rule);
  rule("--include", "do not leave out what matches; the last rule that matches decides",
       include_rule);
  command
      ->add_option_function<std::string>(
          "--exclude-from", [this](const std::string& file) { read_rules(file); },
          "gitignore rules from FILE, one a line")
      ->trigger_on_parse()
      ->type_name("FILE");
  PlanOptions& plan = settings_.plan;
  add_whole_number(command, "--min-age", plan.min_age, "SECONDS",
                   "leave alone files that changed less than SECONDS ago, in both folders",
                   [](const std::string& text) { return parse_whole_seconds(text); });
  add_whole_number(
      command, "--max-size", plan.max_size, "SIZE",
      "leave alone files larger than SIZE bytes, in both folders (K, M, G: times 1024)",
      [](const std::string& text) { return parse_rate(text); });
}

void OptionGroups::read_rules(const std::string& file) {
  constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  std::array<char, 64 << 10U> piece{};
  while (text.size() <= kMostBytes &&
         (stream.read(piece.data(), piece.size()) || stream.gcount() > 0)) {
    text.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (!stream.is_open() || stream.bad() || std::filesystem::is_directory(file)) {
    throw CLI::ValidationError("--exclude-from",
                               "expected a file of rules, '" + file + "' can't be read");
  }
  if (text.size() > kMostBytes) {
    throw CLI::ValidationError("--exclude-from",
                               "expected a file of rules, '" + file + "' has more than 16 MiB");
  }
  for (RuleLine& line : rules_in(text)) {
    add_rule(std::move(line.rule), "line " + std::to_string(line.number) + " of '" + file + "'");
  }
}

void OptionGroups::add_rule(std::string rule, std::string origin) {
  settings_.plan.rules.push_back(std::move(rule));
  settings_.rule_origins.push_back(std::move(origin));
}

void OptionGroups::add_planning(CLI::App* command) {
  PlanOptions& plan = settings_.plan;
  command->add_flag("--checksum", plan.checksum,
                    "compare content even where size and modification time agree");
  command->add_flag("--pin", plan.pin, "put the MD5 of everything to be written into the plan");
  command->add_flag("--xattrs", plan.xattrs, "compare extended attributes and ACLs too");
  command->add_flag("--delete-excluded", plan.delete_excluded,
                    "remove from the replica what is excluded");
  command->add_flag_callback(
      "--no-delete", [&plan] { plan.remove_extra = false; }, "keep what the source lacks");
  add_guards(command);
  command->add_flag("--one-file-system", plan.one_file_system,
                    "leave out what is mounted inside the source");
  command->add_flag("--cross-mounts", plan.cross_mounts,
                    "enter what is mounted inside the replica");
  command->add_flag("--new-source", settings_.new_source,
                    "mirror a source that is empty, or lacks a mount, unlike last time");
  command->add_flag("--new-replica", settings_.new_replica,
                    "fill a replica that is missing or empty, unlike last time");
  add_filters(command);
}

void OptionGroups::add_guards(CLI::App* command) {
  PlanOptions& plan = settings_.plan;
  add_limit(command, "--max-delete", plan.max_delete,
            "refuse a plan that deletes more than N entries, or P% of the replica's");
  add_limit(command, "--max-update", plan.max_update,
            "refuse a plan that overwrites more than N files, or P% of the replica's entries");
  command
      ->add_option_function<std::string>(
          "--require",
          [&plan](const std::string& name) {
            if (name == "." || !RelPath::is_path(name)) {
              throw CLI::ValidationError(
                  "--require",
                  "expected a path below the source without '..', found '" + name + "'");
            }
            plan.require.push_back(name);
          },
          "refuse a source that lacks NAME: its disk may not be mounted")
      ->trigger_on_parse()
      ->type_name("NAME");
  add_space_check(command);
}

void OptionGroups::add_space_check(CLI::App* command) {
  command->add_flag_callback(
      "--no-space-check", [this] { settings_.check_space = false; },
      "go on even where there seems to be too little space");
}

void OptionGroups::add_common(CLI::App* command) {
  command
      ->add_option_function<std::string>(
          "--threads",
          [this](const std::string& text) {
            const bool number = !text.empty() && text.size() < 4 &&
                                text.find_first_not_of("0123456789") == std::string::npos;
            settings_.threads = number ? std::stoul(text) : 0;
            if (settings_.threads >= 1 && settings_.threads <= kMostThreads) return;
            throw CLI::ValidationError("--threads", "expected 1 to 256, found '" + text + "'");
          },
          "how many threads work at a time (default: one for each processor, and up to 16 where "
          "reading folders waits for a disk)")
      ->type_name("N");
  add_io_priority(command);
  command
      ->add_option("--state", settings_.state_folder,
                   "where hashes and what the last run saw are remembered (default: "
                   "$XDG_STATE_HOME/foldersync or ~/.local/state/foldersync)")
      ->type_name("DIR");
  require_text(command->get_option("--state"), "a folder");
  command->add_flag_callback(
      "-q,--quiet", [this] { settings_.verbosity = Verbosity::kQuiet; },
      "only warnings and errors on the console");
  command->add_flag_callback(
      "-v,--verbose", [this] { settings_.verbosity = Verbosity::kVerbose; },
      "say more on the console");
  add_colour(command);
  add_when(command, "--progress", settings_.progress,
           "the progress line on a terminal (default: auto)");
}

void OptionGroups::add_colour(CLI::App* command) {
  add_when(command, "--color", settings_.colour, "colours (default: auto; NO_COLOR is heeded)");
}

void OptionGroups::add_applying(CLI::App* command) {
  add_lock_wait(command);
  add_bandwidth(command);
  command
      ->add_option("-l,--log", settings_.log_file,
                   "append to this log file (run: log.txt where it is not given)")
      ->type_name("FILE");
  require_text(command->get_option("--log"), "a file");
  command->add_flag("--dry-run", settings_.dry_run, "show what would be done, change nothing");
  command->add_flag("--atomic", settings_.atomic, "all of it, or nothing");
  command->add_flag("--allow-incomplete", settings_.allow_incomplete,
                    "with --atomic: even where something could not be read");
  add_backup(command);
  add_report(command);
  command
      ->add_option_function<std::string>(
          "--durability",
          [this](const std::string& text) {
            if (text != "batch" && text != "none") {
              throw CLI::ValidationError("--durability",
                                         "expected batch or none, found '" + text + "'");
            }
            settings_.durable = text == "batch";
          },
          "batch: what is reported as done is on disk (default); none: faster, and nothing is "
          "promised after a power cut")
      ->type_name("batch|none");
}

void OptionGroups::add_backup(CLI::App* command) {
  CLI::Option* folder =
      command->add_option("--backup-dir", settings_.backup_folder,
                          "keep what is replaced or deleted in DIR, and how to take it back");
  folder->type_name("DIR");
  require_text(folder, "a folder");
  command
      ->add_option_function<std::string>(
          "--backup-keep",
          [this](const std::string& text) {
            settings_.backup_keep = parse_backup_keep(text);
            if (settings_.backup_keep) return;
            throw CLI::ValidationError(
                "--backup-keep",
                "expected a number of backups, as 5, or of days, as 30d, found '" + text + "'");
          },
          "afterwards remove all but the N newest backups, or what is older than so many days")
      ->type_name("N|DAYSd")
      ->needs(folder);
}

void OptionGroups::add_signing(CLI::App* plan) {
  CLI::Option* key = plan->add_option("--sign", settings_.sign_key,
                                      "sign the plan by this Ed25519 key (a private one, PEM)");
  key->type_name("KEY");
  require_text(key, "a file");
  CLI::Option* file = plan->add_option("--signature", settings_.signature_file,
                                       "the signature's file (default: that of --output and .sig)");
  file->type_name("FILE")->needs(key);
  require_text(file, "a file");
}

void OptionGroups::add_verifying(CLI::App* apply) {
  CLI::Option* key = apply->add_option(
      "--verify", settings_.verify_key,
      "refuse a plan that is not signed by this Ed25519 key (a public one, or several, PEM)");
  key->type_name("KEY");
  require_text(key, "a file");
  CLI::Option* file = apply->add_option("--signature", settings_.signature_file,
                                        "the signature's file (default: the plan's and .sig)");
  file->type_name("FILE")->needs(key);
  require_text(file, "a file");
}

void OptionGroups::add_report(CLI::App* command) {
  CLI::Option* option = command->add_option(
      "--report", settings_.report_file,
      "append what becomes of each action to FILE as JSON Lines; -: to standard output, instead of "
      "the console's text");
  option->type_name("FILE");
  require_text(option, "a file");
}

void OptionGroups::add_plan_checks(CLI::App* command) {
  command
      ->add_option_function<std::string>(
          "--stale",
          [this](const std::string& text) {
            if (text != "refuse" && text != "skip") {
              throw CLI::ValidationError("--stale",
                                         "expected refuse or skip, found '" + text + "'");
            }
            settings_.refuse_stale = text == "refuse";
          },
          "skip: what is no longer as planned is left alone (default); refuse: then nothing is "
          "done")
      ->type_name("refuse|skip");
  add_seconds(command, "--max-age", "refuse a plan that was made longer ago", 0,
              [this](double seconds) { settings_.max_age_seconds = seconds; });
}

CLI::Option* OptionGroups::add_interval(CLI::App* command) {
  return add_seconds(command, "-i,--interval", "mirror again every SECONDS, start to start", 1,
                     [this](double seconds) { settings_.interval_seconds = seconds; });
}

void OptionGroups::add_lock_wait(CLI::App* command) {
  add_seconds(command, "--lock-wait", "wait so long for another run to end (default: 0)", 0,
              [this](double seconds) { settings_.lock_wait_seconds = seconds; });
}

void OptionGroups::add_bandwidth(CLI::App* command) {
  command
      ->add_option_function<std::string>(
          "--bwlimit",
          [this](const std::string& text) {
            const auto rate = parse_rate(text);
            if (!rate) {
              throw CLI::ValidationError("--bwlimit",
                                         "expected bytes a second, as 500000, 512K, 20M or 1G, or "
                                         "0 for no bound, found '" +
                                             text + "'");
            }
            settings_.bytes_per_second = *rate;
          },
          "copy no more content than so many bytes a second, on all threads (K, M, G: times 1024)")
      ->type_name("RATE");
}

void OptionGroups::add_io_priority(CLI::App* command) {
  command
      ->add_option_function<std::string>(
          "--ionice",
          [this](const std::string& text) {
            settings_.io_priority = parse_io_priority(text);
            if (settings_.io_priority) return;
            throw CLI::ValidationError("--ionice",
                                       "expected idle, best-effort:0 to 7 or realtime:0 to 7, "
                                       "found '" +
                                           text + "'");
          },
          "how urgent the disk is for this run: idle, best-effort:0-7 or realtime:0-7 (0: most)")
      ->type_name("CLASS[:LEVEL]");
}

}  // namespace foldersync
