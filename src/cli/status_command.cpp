#include <unistd.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/console/terminal.h"
#include "cli/history/status_text.h"
#include "cli/values/folders.h"
#include "core/program_name.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/copy.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

bool is_meant(const StatusOptions& options, const KnownPair& pair) {
  const bool is_job = options.job.empty() || pair.last().job == options.job;
  return is_job && (!options.replica || pair.replica == absolute_name(*options.replica));
}

Error nothing_known(const StatusOptions& options, const std::vector<KnownPair>& all) {
  std::string known;
  for (const KnownPair& pair : all) {
    const std::string& job = pair.last().job;
    if (job.empty() || known.find("'" + job + "'") != std::string::npos) continue;
    known += (known.empty() ? "'" : ", '") + job + "'";
  }
  if (options.job.empty()) {
    return usage_error("status", "no run of the replica '" + *options.replica +
                                     "' is known: " + our_command("status") + " lists what is");
  }
  return usage_error("status", "no run of a job '" + options.job + "' is known: " +
                                   (known.empty() ? "no job has run yet" : "known are " + known));
}

Result<ExitCode> forget(const std::string& state, const std::vector<KnownPair>& pairs) {
  for (const KnownPair& pair : pairs) {
    TRY(forget_history(posix_file_system(), state, pair.name));
    tell("the history of '" + escaped(pair.replica) + "' is forgotten");
  }
  return ExitCode::kDone;
}

}  // namespace

Result<ExitCode> execute(const StatusOptions& options) {
  const std::string state = state_folder_of(options.state_folder);
  if (state.empty()) return usage_error("status", "no home folder is known: name one with --state");
  const auto history = TRY(read_history(posix_file_system(), state));
  const std::vector<KnownPair> pairs = pairs_in(history);
  const bool is_of_some = !options.job.empty() || options.replica;
  std::vector<KnownPair> meant;
  for (const KnownPair& pair : pairs) {
    if (is_meant(options, pair)) meant.push_back(pair);
  }
  if (meant.empty() && is_of_some) return nothing_known(options, pairs);
  if (options.forget) return forget(state, meant);

  const FileTime now = wall_clock_now();
  std::vector<PairStatus> all;
  for (const KnownPair& pair : meant) all.push_back(status_of(pair, now, options.max_age_seconds));
  std::string text;
  if (options.json) {
    text = status_json(all, now, options.history);
  } else {
    const std::size_t columns = screen_of(STDOUT_FILENO).value_or(Screen{}).columns;
    for (const PairStatus& one : all) {
      if (!text.empty()) text += "\n";
      text += status_text(one, now, options.history, columns);
    }
    if (all.empty())
      text = "nothing is known yet: no run is recorded in '" + escaped(state) + "'\n";
  }
  TRY(write_all(STDOUT_FILENO, text).at(kStandardOutput));
  const bool is_well =
      !(all.empty() && options.max_age_seconds) &&
      std::all_of(all.begin(), all.end(), [](const PairStatus& one) { return one.is_well(); });
  return is_well ? ExitCode::kDone : ExitCode::kPartial;
}

}  // namespace foldersync
