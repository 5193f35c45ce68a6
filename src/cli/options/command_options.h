// The options of each command, and what must be held against several of them. What is wrong ends
// the parsing with the parser's own exception.
#pragma once

#include <string>

#include "cli/values/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace foldersync {

// What `config` is asked.
struct ConfigQuestion {
  std::string what;      // "show" or "jobs"
  std::string command;   // empty: run
  std::string job;       // its name, or
  std::string job_file;  // its file; empty: none
};

// All write into `options`, which must outlive the parser.
void declare(CLI::App* run, RunOptions& options);
void declare(CLI::App* plan, PlanCommandOptions& options);
void declare(CLI::App* why, WhyOptions& options);
void declare(CLI::App* apply, ApplyOptions& options);
void declare(CLI::App* scan, ScanOptions& options);
void declare(CLI::App* verify, VerifyOptions& options);
void declare(CLI::App* show, ShowOptions& options);
void declare(CLI::App* recover, RecoverOptions& options);
void declare(CLI::App* status, StatusOptions& options);
void declare(CLI::App* versions, VersionsOptions& options);
void declare(CLI::App* restore, RestoreOptions& options);
void declare(CLI::App* undo, UndoOptions& options);
void declare(CLI::App* config, ConfigQuestion& question);

void check_together(const RunOptions& options);
void check_together(const ApplyOptions& options);
void check_together(const PlanCommandOptions& options);
void check_together(const StatusOptions& options);
void check_together(const PlanningOptions& planning);

}  // namespace foldersync
