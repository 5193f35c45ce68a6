// Groups of options that several commands share. Paths are as they were typed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apply/backup/backup_keep.h"
#include "cli/values/exit_code.h"
#include "cli/values/time_window.h"
#include "cli/values/timetable.h"
#include "filter/filter.h"
#include "fs/io_priority.h"
#include "plan/plan.h"

namespace foldersync {

enum class Verbosity : std::uint8_t { kQuiet, kNormal, kVerbose };
enum class ShowForm : std::uint8_t { kReview, kList, kStat, kTree, kMarkdown, kHtml, kDiff };
enum class LogForm : std::uint8_t { kText, kJson };
enum class When : std::uint8_t { kAuto, kAlways, kNever };

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

}  // namespace foldersync
