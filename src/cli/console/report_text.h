// A report's lines: what became of a plan, for programs. docs/report-format.md describes them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "apply/look/report.h"
#include "cli/values/exit_code.h"
#include "core/file_time.h"
#include "plan/stored_plan.h"

namespace foldersync {

inline constexpr std::string_view kReportFormat = "sync.report";
inline constexpr std::string_view kReportVersion = "1.0";

// Every word that `drift.field` of an action can be, see docs/report-format.md. A word that is not
// here must not be written: page and schema have these.
inline constexpr std::array<std::string_view, 15> kDriftFields{
    "type",  "size", "mtime", "mode", "uid",     "gid",      "target",    "device",
    "links", "md5",  "link",  "from", "content", "children", "attributes"};

// What one command is about.
struct ReportSubject {
  std::string command;  // "run" or "apply"
  std::string source;   // bytes, absolute
  std::string replica;
  bool atomic = false;
  bool durable = true;
  bool dry_run = false;
  bool refuse_stale = false;
  std::string signed_by = {};  // the id of the key; empty: no signature was asked for
};

// How it ended. Without a plan all figures are 0.
struct ReportEnd {
  OutcomeCounts outcomes{};
  std::uint64_t bytes = 0;  // of content written
  std::uint64_t problems = 0;
  bool complete = true;
  ExitCode exit_code = ExitCode::kDone;
  std::optional<Error> error;  // of the whole operation
  std::string undo;            // absolute, of the document that takes it back; empty: there is none
  // For the history, and in no line.
  Summary done{};           // of what was done
  std::string summary;      // the line that was logged last; empty: no plan was applied
  std::string first_error;  // as it was logged, of a problem or an action; empty: there was none
};

// Each of these is one line, with its end. `microseconds` count from the start. Drifts of the
// source are written before those of the replica. Without a plan: the command ended before there
// was one to apply.
std::string report_start(const ReportSubject& subject, const StoredPlan* plan, FileTime started);
// Of a cycle that plans once more: its next plan.
std::string report_plan(const StoredPlan& plan);
std::string report_problem(const Problem& problem);
std::string report_action(const ActionReport& report, std::uint64_t microseconds);
std::string report_summary(const ReportEnd& end, std::uint64_t microseconds);

}  // namespace foldersync
