// How a cycle ends: exit code, last line, and the end of what is reported of it.
#pragma once

#include <string>

#include "cli/console/closing.h"
#include "cli/cycle/cycle.h"
#include "cli/cycle/cycle_observer.h"

namespace foldersync {

ExitCode code_of(const CycleRequest& request, const CycleObserver& observer,
                 const ApplyResult& applied);
// Of a command that did what it was to do.
ExitCode code_of(ConsoleState console);

// The last line of a cycle.
std::string summary_of(const CycleRequest& request, const CycleObserver& observer,
                       const ApplyResult& applied);

// The same for a terminal and with what went wrong.
Closing closing_of(const CycleRequest& request, const CycleObserver& observer,
                   const ApplyResult& applied, ExitCode code);
// "exit 3, some of it failed"; empty for 0.
std::string failed_text(ExitCode code);

// What was reported, and how it ended.
ReportEnd end_of(const CycleRequest& request, const CycleObserver& observer, ExitCode code);
// The same where the whole operation failed: what was not reported by then is, as skipped.
ReportEnd end_of_failed(const CycleRequest& request, const CycleObserver& observer, ExitCode code);

// The end of a plan's report, without what became of its actions.
ReportEnd report_end(const StoredPlan& plan, ExitCode code);

// Says what became of the attempt, and ends a report's group; where it could not be written, says
// so, and makes more of a code that says that all is well. A report of null: none is written. The
// answer: the exit code.
ExitCode end_report(const Tools& tools, ReportFile* report, const ReportEnd& end);
// Likewise a group that was not begun, of a plan of which nothing was tried.
ExitCode end_untried(const Tools& tools, ReportFile* report, const StoredPlan& plan, ReportEnd end);

}  // namespace foldersync
