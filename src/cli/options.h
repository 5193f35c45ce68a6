// The command line: the one file pair that knows the option parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apply/backup/backup_prune.h"
#include "cli/exit_code.h"
#include "fs/io_priority.h"
#include "plan/document.h"

namespace foldersync {

enum class Command : std::uint8_t { kRun, kPlan, kApply, kScan, kShow, kRecover };
enum class Verbosity : std::uint8_t { kQuiet, kNormal, kVerbose };
enum class ShowForm : std::uint8_t { kReview, kList, kStat, kTree, kHtml, kDiff };
enum class When : std::uint8_t { kAuto, kAlways, kNever };

// What a person asked for. Paths are as they were typed.
struct Settings {
  Command command = Command::kRun;
  std::string source;
  std::string replica;
  PlanOptions plan;                       // its rules are those of the command line, in its order
  std::vector<std::string> rule_origins;  // where each of them stands, for people
  std::optional<double> interval_seconds;
  std::optional<std::string> log_file;
  double lock_wait_seconds = 0;
  std::size_t threads = 0;             // 0: as many as there are processors
  std::uint64_t bytes_per_second = 0;  // of content copied; 0: no bound
  std::optional<IoPriority> io_priority;
  std::optional<std::string> state_folder;
  std::string plan_file;      // "-": standard input
  std::string new_plan_file;  // show --diff: the other one, likewise
  ShowForm form = ShowForm::kReview;
  bool list = false;  // plan: every action, also on a terminal
  bool confirm = false;
  std::optional<std::string> output_file;
  bool json = false;
  bool md5 = false;
  bool md5sum = false;
  bool dry_run = false;
  bool atomic = false;
  bool allow_incomplete = false;
  bool durable = true;
  bool check_space = true;
  std::optional<std::string> backup_folder;
  std::optional<BackupKeep> backup_keep;
  bool roll_back = false;
  bool drop_conflicts = false;
  bool new_source = false;
  bool new_replica = false;
  bool detailed_exit_code = false;
  bool refuse_stale = false;
  std::optional<double> max_age_seconds;
  std::optional<std::string> report_file;  // "-": standard output
  std::optional<std::string> sign_key;     // files
  std::optional<std::string> verify_key;
  std::optional<std::string> signature_file;
  Verbosity verbosity = Verbosity::kNormal;
  When colour = When::kAuto;
  When progress = When::kAuto;
};

// Either settings, or the end of the program with a text for people.
struct ParsedCommandLine {
  std::optional<Settings> settings;
  ExitCode exit_code = ExitCode::kDone;
  std::string text;  // for standard output where exit_code is kDone, else for standard error
};

// `arguments` without the program's name. Rules files (--exclude-from) are read here.
ParsedCommandLine parse_command_line(std::vector<std::string> arguments);

}  // namespace foldersync
