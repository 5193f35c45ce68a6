#include "cli/plan_command.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>

#include "cli/cycle.h"
#include "cli/output.h"
#include "cli/signing.h"
#include "core/text.h"
#include "plan/guard.h"
#include "plan/json.h"
#include "show/render_review.h"

namespace foldersync {
namespace {

void tell(const std::string& line) { std::fprintf(stderr, "sync: %s\n", line.c_str()); }

void tell_warnings(Session& session) {
  for (const std::string& warning : session.take_warnings()) tell(warning);
}

ExitCode fail(const Error& error) {
  tell(describe(error));
  return exit_code_of(error);
}

Status write_document(const StoredPlan& plan, const std::string& file) {
  auto output = TRY(Output::open(file));
  TRY(write_plan(plan, [&](std::string_view text) { return output->write(text); }));
  return output->finish();
}

// Everything, a line an action; a person at a terminal gets what matters, unless all is asked for.
Status write_text(const StoredPlan& plan, const Settings& settings) {
  auto output = TRY(Output::open({}));
  const ByteSink sink = [&](std::string_view text) { return output->write(text); };
  const Colour colour = wants_colour(settings) ? Colour::kOn : Colour::kOff;
  const auto screen = settings.list ? std::nullopt : screen_of(STDOUT_FILENO);
  const ActionStream actions = stream_of(plan.actions);
  if (screen) {
    const auto text = TRY(render_review(plan, actions, *screen, colour, "--list shows all"));
    TRY(sink(text));
  } else {
    TRY(render(plan, actions, colour, sink));
  }
  return output->finish();
}

Status write_all(const StoredPlan& plan, const Settings& settings,
                 const std::optional<SigningKey>& key) {
  if (settings.output_file) {
    if (Status written = write_document(plan, absolute_name(*settings.output_file)); !written)
      return written;
  }
  // CRASH: killed in between, the plan has no signature, or that of another plan.
  if (key) {
    if (Status written = write_signature(plan, *key, signature_file(settings)); !written)
      return written;
  }
  if (settings.json) return write_document(plan, {});
  if (settings.verbosity == Verbosity::kQuiet) return success();
  return write_text(plan, settings);
}

ExitCode code_of(const StoredPlan& plan, const Settings& settings) {
  if (plan.refused()) return ExitCode::kRefused;
  if (!plan.complete()) return ExitCode::kPartial;
  return settings.detailed_exit_code && !plan.actions.empty() ? ExitCode::kChangesPending
                                                              : ExitCode::kDone;
}

}  // namespace

ExitCode plan_command(Session& session) {
  const Settings& settings = session.settings();
  const Signals signals(false);
  std::optional<SigningKey> key;
  if (settings.sign_key) {
    auto read = read_signing_key(*settings.sign_key);
    if (!read) return fail(read.error());
    key = std::move(*read);
  }
  const auto roots = session.open_roots(settings.source, settings.replica);
  if (!roots) return fail(roots.error());
  const std::string output =
      settings.output_file ? absolute_name(*settings.output_file) : std::string();
  if (Status placed = session.place_own_files(
          *roots, {output, key ? signature_file(settings) : "", session.state_folder()});
      !placed) {
    return fail(placed.error());
  }
  session.open_state();
  Status known = session.compare_with_last_run(*roots);
  tell_warnings(session);
  if (!known) return fail(known.error());
  auto planned = [&] {
    const ProgressCounts counts;
    const Progress progress(counts, wants_progress(settings));
    return session.make_plan(*roots, signals.stop(), true);
  }();
  if (!planned && planned.error().code == ErrorCode::kStopped) {
    return signals.stop_signal() == SIGINT ? ExitCode::kInterrupted : ExitCode::kTerminated;
  }
  if (!planned) return fail(planned.error());
  Status mounted = session.compare_mounts_with_last_run(*roots, planned->source_mounts);
  if (!mounted) return fail(mounted.error());
  Status asked = session.add_space_guard(*roots, planned->plan);
  if (!asked) return fail(asked.error());
  const StoredPlan& plan = planned->plan;
  for (const Problem& problem : plan.problems) tell(describe(problem));
  for (const Guard& guard : plan.guards) {
    if (guard.refused) tell(escaped(explain(guard)));
  }
  if (Status written = write_all(plan, settings, key); !written) {
    tell(describe(written.error()));
    return ExitCode::kFailed;
  }
  session.save_hashes();
  tell_warnings(session);
  return code_of(plan, settings);
}

}  // namespace foldersync
