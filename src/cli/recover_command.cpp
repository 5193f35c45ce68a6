#include "cli/at_rest.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/folders.h"
#include "cli/ways.h"
#include "fs/posix_file_system.h"
#include "scan/roots.h"

namespace foldersync {

Result<ExitCode> execute(const RecoverOptions& options) {
  Signals signals(HangUp::kStops);
  PosixFileSystem fs;
  KeptState state(fs, state_folder_of(options.common.state_folder));
  auto replica = TRY(open_replica(fs, absolute_name(options.replica)));
  TRY(refuse_inside(fs, replica, {state.folder()}));
  const ConsoleOptions& console = options.common.console;
  const auto log = TRY(Log::open(
      {.file = {}, .verbosity = console.verbosity, .colour = colour_of(console) == Colour::kOn}));
  const Tools tools{
      .fs = fs, .state = state, .signals = signals, .log = *log, .options = options.common};
  state.open();
  Status met = meet_replica(state, replica, {}, OtherFolder::kIsRefused);
  log_warnings(tools);
  if (!met) return met.error();
  AtRest at_rest(tools, options.lock_wait_seconds);
  TRY(at_rest.lock(replica));
  const auto recovered = TRY(at_rest.recover(
      replica, {.wanted = options.roll_back ? Recovery::kRollBack : Recovery::kFinish,
                .drop_conflicts = options.drop_conflicts}));
  if (recovered.what == Recovered::What::kNothing && !recovered.conflicts) {
    log->info("nothing to recover: no run was killed here");
  }
  log->flush();
  return recovered.conflicts || recovered.failed > 0 ? ExitCode::kPartial : ExitCode::kDone;
}

}  // namespace foldersync
