// What a command is told. Each command has options of its own, put together from groups that
// several of them share (shared_options.h). A new option is a field, and its name and help where
// its group or its command is declared (cli/options). Paths are as they were typed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/values/shared_options.h"
#include "scan/directory_hashes.h"

namespace foldersync {

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
