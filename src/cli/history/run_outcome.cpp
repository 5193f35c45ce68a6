#include "cli/history/run_outcome.h"

namespace foldersync {

const char* meaning_of(ExitCode code) {
  switch (code) {
    case ExitCode::kDone:
      return "done";
    case ExitCode::kFailed:
      return "failed";
    case ExitCode::kChangesPending:
      return "changes are pending";
    case ExitCode::kPartial:
      return "some of it failed";
    case ExitCode::kStale:
      return "some of the plan was stale";
    case ExitCode::kRefused:
      return "refused, nothing touched";
    case ExitCode::kLocked:
      return "another run held the replica";
    case ExitCode::kUsage:
      return "wrong usage";
    case ExitCode::kBadPlan:
      return "not a valid plan";
    case ExitCode::kReaderLeft:
      return "done, but nobody read the output any more";
    case ExitCode::kHungUp:
    case ExitCode::kInterrupted:
    case ExitCode::kTerminated:
      return "stopped by a signal";
  }
  return "ended in a way that is not known";
}

std::string sentence_of(const RunOutcome& outcome) {
  const std::string& text = outcome.error.empty() ? outcome.summary : outcome.error;
  if (outcome.exit_code == ExitCode::kDone) return text;
  const std::string code = std::string(meaning_of(outcome.exit_code)) + " (" +
                           std::to_string(static_cast<int>(outcome.exit_code)) + ")";
  return text.empty() ? code : code + ": " + text;
}

void add_to(Fields& fields, const RunOutcome& outcome) {
  for_each_count(outcome, [&](const char* name, std::uint64_t count) {
    if (count > 0) fields[name] = std::to_string(count);
  });
  fields["exit"] = std::to_string(static_cast<int>(outcome.exit_code));
  fields["summary"] = outcome.summary;
  fields["error"] = outcome.error;
}

RunOutcome outcome_in(const Fields& fields) {
  RunOutcome outcome;
  for_each_count(outcome,
                 [&](const char* name, std::uint64_t& count) { count = count_at(fields, name); });
  outcome.exit_code = static_cast<ExitCode>(count_at(fields, "exit"));
  outcome.summary = text_at(fields, "summary");
  outcome.error = text_at(fields, "error");
  return outcome;
}

}  // namespace foldersync
