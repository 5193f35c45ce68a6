#include "cli/recover_command.h"

#include <cstdio>
#include <memory>
#include <utility>

#include "cli/cycle.h"
#include "scan/roots.h"

namespace foldersync {
namespace {

ExitCode fail(const Error& error) {
  std::fprintf(stderr, "sync: %s\n", describe(error).c_str());
  return exit_code_of(error);
}

}  // namespace

ExitCode recover_command(Session& session) {
  Signals signals(false);
  const Settings& settings = session.settings();
  auto replica = open_replica(session.fs(), absolute_name(settings.replica));
  if (!replica) return fail(replica.error());
  Status placed = session.refuse_inside(*replica, {session.state_folder()});
  if (!placed) return fail(placed.error());
  auto log = Log::open({{}, settings.verbosity, wants_colour(settings)});
  if (!log) return fail(log.error());
  session.open_state();
  log_warnings(session, **log);
  Status locked = take_lock(session, signals, **log, *replica);
  if (!locked) return fail(locked.error());
  const auto recovered = recover_and_log(
      session, **log, *replica, settings.roll_back ? Recovery::kRollBack : Recovery::kFinish);
  if (!recovered) return fail(recovered.error());
  if (recovered->what == Recovered::What::kNothing && !recovered->conflicts) {
    (*log)->info("nothing to recover: no run was killed here");
  }
  (*log)->flush();
  return recovered->conflicts || recovered->failed > 0 ? ExitCode::kPartial : ExitCode::kDone;
}

}  // namespace foldersync
