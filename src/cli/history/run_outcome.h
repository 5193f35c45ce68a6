// What became of one attempt: a run, or a cycle of a loop.
#pragma once

#include <cstdint>
#include <string>

#include "apply/look/report.h"
#include "cli/values/exit_code.h"
#include "cli/values/fields.h"
#include "plan/action.h"

namespace foldersync {

struct RunOutcome {
  ExitCode exit_code = ExitCode::kFailed;
  Summary done{};            // of what was done; `unchanged` and `problems` of the plan
  OutcomeCounts outcomes{};  // how many actions had each
  std::uint64_t bytes = 0;   // of content written
  std::string summary = {};  // the last line that was logged; empty: no plan was applied
  std::string error = {};    // the first one, as it was logged; empty: there was none
};

// Calls `tell(name, count)` of each figure: "create" ... "finish", "unchanged", "problems", those
// of the outcomes ("ok", "already", "stale", "errors", "skipped", "rolled_back"), and "bytes". The
// names are those of the history, of metrics, of hooks and of `status --json`.
template <class Outcome_, class Tell>
void for_each_count(Outcome_& outcome, Tell tell) {
  for (const OpTraits& op : kOpTraits) tell(op.word, outcome.done.*op.count);
  tell("finish", outcome.done.finish);
  tell("unchanged", outcome.done.unchanged);
  tell("problems", outcome.done.problems);
  for (const Outcome one : kOutcomes) {
    tell(one == Outcome::kError ? "errors" : to_string(one),
         outcome.outcomes[static_cast<std::size_t>(one)]);
  }
  tell("bytes", outcome.bytes);
}

// What an exit code says, in a few words: "some of it failed".
const char* meaning_of(ExitCode code);

// In one line: the first error where there was one, else the summary; with the exit code and its
// meaning where it is not 0. For people: a status line, a monitor.
std::string sentence_of(const RunOutcome& outcome);

void add_to(Fields& fields, const RunOutcome& outcome);
// Requires: of these fields there is "exit".
RunOutcome outcome_in(const Fields& fields);

}  // namespace foldersync
