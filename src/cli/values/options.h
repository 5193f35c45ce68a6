// What a command is told. Each command has options of its own, put together from groups that
// several of them share. A new option is a field here, and its name and help where its group or its
// command is declared (option_groups.cpp, command_options.cpp). Paths are as they were typed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "apply/backup/backup_keep.h"
#include "cli/values/exit_code.h"
#include "cli/values/time_window.h"
#include "cli/values/timetable.h"
#include "filter/filter.h"
#include "fs/io_priority.h"
#include "plan/plan.h"
#include "scan/directory_hashes.h"

namespace foldersync {

enum class Verbosity : std::uint8_t { kQuiet, kNormal, kVerbose };
enum class ShowForm : std::uint8_t { kReview, kList, kStat, kTree, kMarkdown, kHtml, kDiff };
enum class LogForm : std::uint8_t { kText, kJson };
enum class When : std::uint8_t { kAuto, kAlways, kNever };

// The groups.

struct FolderOptions {
  std::string source;
  std::string replica;
  // What is missing above the replica is made, with this mode.
  std::optional<std::uint32_t> mode_above = std::nullopt;
};

struct ConsoleOptions {
  Verbosity verbosity = Verbosity::kNormal;
  When colour = When::kAuto;
  When progress = When::kAuto;
};

// Of all commands that look into folders.
struct CommonOptions {
  std::string job;          // its name; empty: none was named
  std::string job_file;     // likewise, named by its file
  std::size_t threads = 0;  // 0: as many as there are processors
  std::optional<IoPriority> io_priority;
  std::optional<std::string> state_folder;
  std::uint32_t umask = 0077;  // that the program was started with
  ConsoleOptions console;
};

// What shapes a plan, and what may refuse it.
struct PlanningOptions {
  PlanOptions plan;            // its rules are those of the command line, in its order
  FilterOrigins filter;        // where each of them stands, and what is listed
  std::uint32_t umask = 0077;  // that the program was started with
  bool check_space = true;
  When delete_first = When::kAuto;  // kAuto: where there is no room otherwise
  bool new_source = false;
  bool new_replica = false;
  bool adopt = false;
  bool empty_source = false;
  std::set<std::string, std::less<>> accept_changed;  // paths in the source; bytes
};

// Commands for a shell.
struct HookOptions {
  std::optional<std::string> on_start;
  std::optional<std::string> on_success;
  std::optional<std::string> on_failure;
};

struct BackupOptions {
  std::optional<std::string> folder;
  std::optional<BackupKeep> keep;
};

// What happens to a replica, and where it is told.
struct ApplyingOptions {
  double lock_wait_seconds = 0;
  Timetable bandwidth;                       // of content copied
  std::optional<double> stop_after_seconds;  // no new work begins then
  std::optional<std::string> log_file;       // "-": standard output; "none": there is none
  LogForm log_form = LogForm::kText;
  std::optional<std::string> report_file;  // "-": standard output
  std::optional<std::string> metrics_file;
  BackupOptions backup;
  HookOptions hooks;
  bool dry_run = false;
  bool atomic = false;
  bool allow_incomplete = false;
  bool durable = true;
};

// The keys and signatures are files.
struct SignatureOptions {
  std::optional<std::string> key;
  std::optional<std::string> file;
};

// The commands.

// How much a cycle reads of what it would not have to, to find what went bad; at most one of them.
struct ShareOptions {
  std::optional<double> percent;  // of the source's files
  std::optional<double> seconds;

  [[nodiscard]] bool is_wanted() const { return percent || seconds; }
};

// When a run, or each cycle, begins.
struct StartOptions {
  double jitter_seconds = 0;
  std::vector<TimeRange> between;  // empty: at any time of day
};

struct RunOptions {
  FolderOptions folders;
  std::optional<double> interval_seconds;
  StartOptions start;
  bool confirm = false;
  bool forget_limits = false;
  ShareOptions verify_share;
  ApplyingOptions applying;
  PlanningOptions planning;
  CommonOptions common;
};

struct PlanCommandOptions {
  FolderOptions folders;
  bool json = false;
  std::optional<std::string> output_file;
  bool list = false;  // every action, also on a terminal
  SignatureOptions signature;
  bool detailed_exit_code = false;
  PlanningOptions planning;
  CommonOptions common;
};

struct WhyOptions {
  std::string path;  // below the source or the replica
  FolderOptions folders;
  PlanningOptions planning;
  CommonOptions common;
};

struct ApplyOptions {
  std::string plan_file;  // "-": standard input
  FolderOptions folders;  // each may be empty: the one that the plan names
  bool check_space = true;
  bool refuse_stale = false;
  std::optional<double> max_age_seconds;
  SignatureOptions signature;
  std::vector<std::string> only;  // of an undo, rules for what of it is applied; empty: all
  ApplyingOptions applying;
  CommonOptions common;
};

struct ScanOptions {
  std::string folder;
  bool md5 = false;
  bool md5sum = false;
  Remembered remembered = Remembered::kIsReadAgain;
  bool json = false;
  std::optional<std::string> output_file;
  PlanOptions filter;  // its rules and bounds, and whether mounts are left out
  FilterOrigins origins;
  CommonOptions common;
};

struct VerifyOptions {
  FolderOptions folders;                   // without a replica: the source alone
  std::optional<std::string> report_file;  // "-": standard output
  bool digest = false;                     // only the digests of the trees are wanted
  bool resume = false;                     // where the last one was stopped
  Timetable bandwidth;                     // of content read, of both trees together
  std::optional<double> stop_after_seconds;
  PlanOptions filter;  // as in ScanOptions
  FilterOrigins origins;
  CommonOptions common;
};

struct ShowOptions {
  std::string plan_file;      // "-": standard input
  std::string new_plan_file;  // --diff: the other one, likewise
  ShowForm form = ShowForm::kReview;
  std::optional<std::string> output_file;
  ConsoleOptions console;  // of it, colours
};

struct RecoverOptions {
  std::string replica;
  bool roll_back = false;
  bool drop_conflicts = false;
  bool discard = false;
  double lock_wait_seconds = 0;
  CommonOptions common;
};

struct StatusOptions {
  std::string job;  // empty: all pairs
  std::optional<std::string> replica;
  bool json = false;
  std::size_t history = 0;  // how many of the last attempts are listed
  std::optional<double> max_age_seconds;
  bool forget = false;
  std::optional<std::string> state_folder;
};

struct VersionsOptions {
  std::string path;  // below the replica, or in it; empty: the runs are listed
  std::string replica;
  std::optional<std::string> backup_folder;  // nothing: the one that is remembered
  bool json = false;
  CommonOptions common;
};

struct RestoreOptions {
  std::string path;
  std::string at;  // a time or a run
  std::optional<std::string> to;
  std::string replica;
  std::optional<std::string> backup_folder;
  CommonOptions common;
};

struct UndoOptions {
  std::string run;  // empty: the newest
  std::string replica;
  std::vector<std::string> only;  // rules; empty: all of it
  ApplyingOptions applying;       // its backup folder is where backups are sought
  CommonOptions common;
};

using CommandOptions = std::variant<RunOptions, PlanCommandOptions, ApplyOptions, ScanOptions,
                                    VerifyOptions, ShowOptions, RecoverOptions, StatusOptions,
                                    VersionsOptions, RestoreOptions, UndoOptions, WhyOptions>;

}  // namespace foldersync
