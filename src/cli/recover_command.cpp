#include <algorithm>

#include "apply/recovery/leftovers.h"
#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/cycle/at_rest.h"
#include "cli/kept/unproven.h"
#include "cli/kept/ways.h"
#include "cli/values/folders.h"
#include "core/text.h"
#include "fs/posix_file_system.h"
#include "scan/roots.h"

namespace foldersync {
namespace {

// Names what has our name and is not known to be ours, or removes it. The answer: whether there is
// something left of that.
Result<bool> look_at_unproven(const Tools& tools, const Root& replica, bool discards) {
  const auto found = TRY(find_leftovers(replica, tools.signals.stop()));
  const auto leftovers =
      TRY(clear_leftovers(replica, tools.state.staging_keys(), found, tools.signals.stop()));
  const std::vector<Unproven>& unproven = leftovers.unproven;
  const bool is_stuck = tell_stuck(tools.log, leftovers.stuck);
  if (!discards || unproven.empty()) {
    (void)tell_unproven(tools.log, nullptr, replica, unproven);
    return is_stuck || !unproven.empty();
  }
  const auto stay = TRY(discard(replica, unproven, tools.signals.stop()));
  for (const Error& error : stay) tools.log.error(describe(error));
  for (const Unproven& one : unproven) {
    const auto is_of_it = [&](const Error& error) { return error.path == one.path.bytes(); };
    if (std::any_of(stay.begin(), stay.end(), is_of_it)) continue;
    tools.log.info("removed '" + escaped(one.path.shown()) + "', which was not known to be ours");
  }
  return is_stuck || !stay.empty();
}

}  // namespace

Result<ExitCode> execute(const RecoverOptions& options) {
  Signals signals(HangUp::kStops);
  FileSystem& fs = posix_file_system();
  KeptState state(fs, state_folder_of(options.common.state_folder));
  auto replica = TRY(open_replica(fs, absolute_name(options.replica)));
  TRY(refuse_inside(fs, replica, {state.folder()}));
  const ConsoleOptions& console = options.common.console;
  const auto log = TRY(Log::open(
      {.file = {}, .verbosity = console.verbosity, .colour = colour_of(console) == Colour::kOn}));
  RunOutcome outcome;
  ProgressCounts counts;
  const Tools tools{.fs = fs,
                    .state = state,
                    .signals = signals,
                    .log = *log,
                    .options = options.common,
                    .outcome = outcome,
                    .progress = counts};
  state.open();
  Status met = meet_replica(state, replica, {}, OtherFolder::kIsRefused);
  tools.log_warnings();
  if (!met) return met.error();
  AtRest at_rest(tools, options.lock_wait_seconds);
  TRY(at_rest.lock(replica));
  tools.confine({.replica = &replica,
                 .outputs = unfinished_backups(replica, state.staging_keys(), &signals.stop())});
  const auto recovered = TRY(at_rest.recover(
      replica, {.wanted = options.roll_back ? Recovery::kRollBack : Recovery::kFinish,
                .drop_conflicts = options.drop_conflicts}));
  if (recovered.what == Recovered::What::kNothing && !recovered.conflicts &&
      recovered.unread.empty()) {
    log->info("nothing to recover: no run that the state folder '" + escaped(state.folder()) +
              "' knows was killed here");
  }
  const bool keeps_unproven = TRY(look_at_unproven(tools, replica, options.discard));
  log->flush();
  const bool is_partial = recovered.conflicts || recovered.failed > 0 || recovered.lacking > 0 ||
                          !recovered.unread.empty() || keeps_unproven;
  return is_partial ? ExitCode::kPartial : ExitCode::kDone;
}

}  // namespace foldersync
