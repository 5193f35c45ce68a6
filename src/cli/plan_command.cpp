#include <unistd.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "cli/commands.h"
#include "cli/console/closing.h"
#include "cli/console/console.h"
#include "cli/console/heeding_stream.h"
#include "cli/console/terminal.h"
#include "cli/cycle/cycle_observer.h"
#include "cli/kept/opened_notes.h"
#include "cli/planning/last_run_check.h"
#include "cli/planning/limits_check.h"
#include "cli/planning/plan_maker.h"
#include "cli/planning/signing.h"
#include "cli/process/signals.h"
#include "cli/values/folders.h"
#include "cli/walls/confinement.h"
#include "cli/walls/output.h"
#include "core/program_name.h"
#include "core/text.h"
#include "format/json.h"
#include "fs/posix_file_system.h"
#include "fs/stop.h"
#include "show/render_review.h"

namespace foldersync {
namespace {

// A large plan takes longer to write than a signal may wait.
ByteSink sink_into(Output& output, const std::atomic<bool>& stop) {
  return [&](std::string_view text) -> Status {
    TRY(heed(&stop, "write"));
    return output.write(text);
  };
}

Status write_document(const StoredPlan& plan, const std::string& file,
                      const std::atomic<bool>& stop) {
  auto output = TRY(Output::open(file));
  TRY(write_plan(plan, sink_into(*output, stop)));
  return output->finish();
}

// Everything, a line an action; a person at a terminal gets what matters, unless all is asked for.
Status write_text(const StoredPlan& plan, const PlanCommandOptions& options,
                  const std::atomic<bool>& stop) {
  const auto output = TRY(Output::open({}));
  const ByteSink sink = sink_into(*output, stop);
  const Colour colour = colour_of(options.common.console);
  const auto screen = options.list ? std::nullopt : screen_of(STDOUT_FILENO);
  const ActionSource actions = heeding(source_of(plan.actions), stop);
  if (screen) {
    const auto text = TRY(render_review(plan, actions, *screen, colour, "--list shows all"));
    TRY(sink(text));
  } else {
    TRY(render(plan, stream_of(actions), colour, sink));
  }
  return output->finish();
}

Status write_all(const StoredPlan& plan, const PlanCommandOptions& options,
                 const std::optional<SigningKey>& key, const std::string& signature,
                 const std::atomic<bool>& stop) {
  if (options.output_file) TRY(write_document(plan, absolute_name(*options.output_file), stop));
  // CRASH: killed in between, the plan has no signature, or that of another plan.
  if (key) TRY(write_signature(plan, *key, signature));
  if (options.json) return write_document(plan, {}, stop);
  if (options.common.console.verbosity == Verbosity::kQuiet) return success();
  return write_text(plan, options, stop);
}

ExitCode code_of(const StoredPlan& plan, const PlanCommandOptions& options) {
  if (plan.refused()) return ExitCode::kRefused;
  if (!plan.complete() || plan.held() > 0) return ExitCode::kPartial;
  return options.detailed_exit_code && !plan.actions.empty() ? ExitCode::kChangesPending
                                                             : ExitCode::kDone;
}

void tell_if_any(const std::string& sentence) {
  if (!sentence.empty()) tell(sentence);
}

// Each of them, or at a terminal that would be full of them, their causes.
void tell_problems(const StoredPlan& plan, const ConsoleOptions& console) {
  const auto screen = screen_of(STDERR_FILENO);
  const bool lists_all =
      !screen || plan.problems.size() <= kMostListed || console.verbosity == Verbosity::kVerbose;
  if (lists_all) {
    for (const Problem& problem : plan.problems) tell(describe(problem));
    return;
  }
  Causes causes;
  add_causes(plan, causes);
  const Closing closing{
      .level = Level::kWarning,
      .summary =
          program_name() + ": not everything could be read, and nothing there will be deleted",
      .failed = human_count(plan.problems.size()) + " problems",
      .causes = causes.sorted(),
      .next = {{"-v lists each of them"}}};
  std::fputs(closing_block(closing, screen->columns, colour_of(console)).c_str(), stderr);
}

}  // namespace

Result<ExitCode> execute(const PlanCommandOptions& options) {
  const Signals signals(HangUp::kStops);
  const CommonOptions& common = options.common;
  FileSystem& fs = posix_file_system();
  KeptState state(fs, state_folder_of(common.state_folder));
  auto maker = TRY(PlanMaker::make(fs, state, options.planning, thread_counts(common)));
  std::optional<SigningKey> key;
  std::string signature;
  if (options.signature.key) {
    key = TRY(read_signing_key(*options.signature.key));
    signature = signature_file(options.signature, absolute_if_named(options.output_file));
  }
  auto roots = TRY(open_roots(fs, options.folders));
  const auto left_out = TRY(place_own_files(
      fs, roots, {absolute_if_named(options.output_file), signature, state.folder()}));
  state.open();
  if (roots.replica) note_opened(state, *roots.replica);
  if (roots.replica) look_as_known(state, *roots.replica);
  tell_what_root_leaves_out(state);
  LastRunCheck last_run(state, options.planning, signals.stop());
  Status known = last_run.compare(roots);
  state.tell_warnings();
  if (!known) return known.error();
  tell_if_any(
      write_nowhere_else(fs, {.state_folder = state.folder(),
                              .outputs = {absolute_if_named(options.output_file), signature}}));
  auto planned = TRY([&] {
    ProgressCounts counts;
    maker.count(counts.compared);
    const Progress progress(counts, signals, wants_progress(common.console));
    return maker.plan(roots, left_out, EqualContent::kNamed, signals.stop(),
                      last_run.unread_before(roots));
  }());
  TRY(maker.make_room(roots, planned.plan, {}));
  TRY(maker.add_space_guard(roots, planned.plan));
  TRY(last_run.judge(roots, planned));
  const StoredPlan& plan = planned.plan;
  tell_unheld(state, planned);
  tell_problems(plan, common.console);
  for (const Guard& guard : plan.guards) {
    if (guard.refused) tell(explain_with_names(guard, plan));
  }
  TRY(write_all(plan, options, key, signature, signals.stop()));
  state.save_hashes();
  state.tell_warnings();
  return code_of(plan, options);
}

}  // namespace foldersync
