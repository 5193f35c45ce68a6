#include <optional>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/console/terminal.h"
#include "cli/console/verify_text.h"
#include "cli/kept/kept_state.h"
#include "cli/planning/bandwidth.h"
#include "cli/planning/limits_check.h"
#include "cli/planning/plan_maker.h"
#include "cli/process/signals.h"
#include "cli/values/folders.h"
#include "cli/values/scope.h"
#include "cli/walls/confinement.h"
#include "cli/walls/output.h"
#include "core/text.h"
#include "filter/filter.h"
#include "fs/clock.h"
#include "fs/posix_file_system.h"
#include "scan/local_tree.h"
#include "show/render.h"
#include "state/verify_memory.h"
#include "verify/tree_digest.h"
#include "verify/verify.h"

namespace foldersync {
namespace {

Result<Roots> open_what_is_named(FileSystem& fs, const FolderOptions& folders) {
  if (!folders.replica.empty()) {
    auto roots = TRY(open_roots(fs, folders));
    if (roots.replica) return roots;
    return refused_error("verify", "there is no replica '" + folders.replica + "' yet");
  }
  auto root = TRY(open_root(fs, absolute_name(folders.source), "source"));
  return Roots{.source = std::move(root), .replica = std::nullopt, .replica_path = {}};
}

Status write_report(const Roots& roots, const Verified& verified, Output& report) {
  TRY(report.write(verify_start(roots.source.path, roots.replica_path)));
  for (const VerifyFinding& finding : verified.findings) {
    TRY(report.write(verify_report_line(finding)));
  }
  TRY(report.write(verify_end(verified)));
  return report.finish();
}

Status write_text(const Verified& verified, Verbosity verbosity) {
  const auto output = TRY(Output::open({}));
  for (const VerifyFinding& finding : verified.findings) {
    TRY(output->write(verify_line(finding) + "\n"));
  }
  if (verbosity != Verbosity::kQuiet) TRY(output->write(verify_summary(verified) + "\n"));
  return output->finish();
}

Result<TreePosition> place_to_go_on(const Roots& roots, KeptState& state) {
  const auto place = state.memory() == nullptr
                         ? std::nullopt
                         : verified_up_to(*state.memory(), trees_of(roots), VerifiedBy::kCommand);
  if (place) return *place;
  return refused_error("verify",
                       "no verify of these folders is known that was stopped: leave out --resume "
                       "to begin one");
}

// Where the next one can go on: nowhere, where that can't be kept.
void keep_place(const Roots& roots, KeptState& state, Verified& verified) {
  Memory* const memory = state.memory();
  Status kept = success();
  if (memory != nullptr) {
    set_verified_up_to(*memory, trees_of(roots), VerifiedBy::kCommand, verified.next);
    kept = memory->save();
  }
  if (!kept) state.warn(describe(kept.error()));
  if (memory == nullptr || !memory->can_be_written() || !kept) verified.next.reset();
}

Result<Verified> verify_roots(const Roots& roots, const VerifyOptions& options, KeptState& state,
                              const Filter& filter, const Signals& signals) {
  const LocalTree source = tree_of(roots.source);
  std::optional<LocalTree> replica;
  if (roots.replica) replica.emplace(tree_of(*roots.replica));
  const FileSystemLimits limits =
      roots.replica ? state.known_limits(*roots.replica) : FileSystemLimits{};
  ProgressCounts counts;
  const Progress progress(counts, signals, wants_progress(options.common.console));
  const auto pace = pace_of(options.bandwidth);
  const auto from = options.resume ? TRY(place_to_go_on(roots, state)) : TreePosition();
  return verify({.trees = {.roots = roots,
                           .source = source,
                           .replica = replica ? &*replica : nullptr,
                           .options = options.filter,
                           .policy = policy_for(limits, options.filter, options.common.umask),
                           .filter = filter,
                           .source_cache = state.cache(),
                           .replica_cache = state.cache(),
                           .threads = thread_counts(options.common).usual,
                           .stop = &signals.stop()},
                 .stretch = {.from = from},
                 .pace = pace.get(),
                 .read = &counts.compared.read});
}

// Nothing where something can't be read: it is told.
Result<std::optional<Sha256>> digest_of_root(const Root& root, const Scope& scope, HashCache* cache,
                                             const std::atomic<bool>& stop) {
  bool is_whole = true;
  const InventoryVisitor inventory{.admits = scope.in(root),
                                   .problem =
                                       [&](const RelPath& path, const Error& error) {
                                         is_whole = false;
                                         tell(describe(Error(error).at(path.shown())));
                                       },
                                   .stop = &stop};
  const auto digest =
      TRY(digest_of(tree_of(root), root.status, cached_tree(cache, root), inventory));
  return is_whole ? std::optional(digest) : std::nullopt;
}

// A line for each tree. kPartial where one has none, or they differ.
Result<ExitCode> tell_digests(const Roots& roots, const Scope& scope, HashCache* cache,
                              const std::atomic<bool>& stop) {
  const auto output = TRY(Output::open({}));
  std::vector<std::optional<Sha256>> digests;
  for (const Root* root : {&roots.source, roots.replica ? &*roots.replica : nullptr}) {
    if (root == nullptr) continue;
    auto digest = TRY(digest_of_root(*root, scope, cache, stop));
    if (digest)
      TRY(output->write("sha256:" + to_string(*digest) + "  " + escaped(root->path) + "\n"));
    digests.push_back(std::move(digest));
  }
  TRY(output->finish());
  const bool all_alike = digests.front().has_value() && digests.front() == digests.back();
  return all_alike ? ExitCode::kDone : ExitCode::kPartial;
}

}  // namespace

Result<ExitCode> execute(const VerifyOptions& options) {
  Signals signals(HangUp::kStops);
  if (options.stop_after_seconds) TRY(signals.stop_after(*options.stop_after_seconds));
  FileSystem& fs = posix_file_system();
  KeptState state(fs, state_folder_of(options.common.state_folder));
  auto filter = TRY(Filter::of(options.filter, wall_clock_now(), options.origins));
  auto roots = TRY(open_what_is_named(fs, options.folders));
  const bool is_printed = options.report_file == "-";
  const std::string file = is_printed ? std::string() : absolute_if_named(options.report_file);
  VerifyOptions placed = options;
  placed.filter.left_out = TRY(place_own_files(fs, roots, {file, state.folder()}));
  state.open();
  if (roots.replica) look_as_known(state, *roots.replica);
  state.tell_warnings();
  std::unique_ptr<Output> report;
  if (options.report_file) {
    report = TRY(Output::open(file));
    placed.filter.left_out =
        TRY(place_own_files(fs, roots, {file, report->temporary(), state.folder()}));
  }
  const std::string unconfined =
      write_nowhere_else(fs, {.state_folder = state.folder(), .outputs = {file}});
  if (!unconfined.empty()) tell(unconfined);
  if (options.digest) {
    const Scope scope{std::move(filter), options.filter.one_file_system, placed.filter.left_out};
    const auto code = TRY(tell_digests(roots, scope, state.cache(), signals.stop()));
    state.save_hashes();
    state.tell_warnings();
    return code;
  }
  auto verified = verify_roots(roots, placed, state, filter, signals);
  state.save_hashes();  // of what was read before it was told to stop, too
  if (!verified) return verified.error();
  // A file system that has gone is one error, and not that of each file.
  if (!verified->findings.empty()) {
    TRY(still_there(roots.source, roots.replica ? &*roots.replica : nullptr));
  }
  keep_place(roots, state, *verified);
  if (report) TRY(write_report(roots, *verified, *report));
  if (!is_printed) TRY(write_text(*verified, options.common.console.verbosity));
  state.tell_warnings();
  if (verified->is_stopped && Signals::is_time_up()) tell(kTimeIsUp);
  if (verified->is_stopped) return signals.stop_code();
  return verified->findings.empty() ? ExitCode::kDone : ExitCode::kPartial;
}

}  // namespace foldersync
