// What a command that applies has open from its start to its end: log, report, and the person who
// is asked.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/console/confirm.h"
#include "cli/console/log.h"
#include "cli/console/report_file.h"
#include "cli/kept/kept_state.h"
#include "cli/process/signals.h"
#include "cli/values/options.h"
#include "core/result.h"

namespace foldersync {

// The log's file as it was asked for, absolute. Empty: there is none.
std::string named_log(const ApplyingOptions& options);

// The program's own files and folders, as place_own_files takes them. `log_file` is absolute, or
// empty.
std::vector<std::string> own_files(const ApplyingOptions& options, const std::string& log_file,
                                   const KeptState& state);

// How log and console speak: the console of no more than warnings where standard output is for the
// report.
LogSettings log_settings(const ApplyingOptions& options, const ConsoleOptions& console,
                         const std::string& log_file);

// Null where no report is wanted. `subject` needs no more than command, folders and signature.
Result<std::unique_ptr<ReportFile>> open_report(const ApplyingOptions& options,
                                                ReportSubject subject);

// What `run` has open before its first cycle.
struct Opened {
  std::string log_file;  // absolute; empty: there is none
  std::unique_ptr<Log> log;
  std::unique_ptr<ReportFile> report;  // null: none is wanted
  std::optional<Person> person;        // is asked before anything is changed
  std::optional<Person> doubter;       // is asked where a strange folder would lose most
};

// Error: what can never work. What may pass by itself belongs to the cycles.
Result<Opened> open_for_run(FileSystem& fs, const KeptState& state, const RunOptions& options,
                            const Signals& signals);

}  // namespace foldersync
