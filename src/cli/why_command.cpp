#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/console/scan_text.h"
#include "cli/kept/opened_notes.h"
#include "cli/planning/limits_check.h"
#include "cli/planning/plan_maker.h"
#include "cli/process/signals.h"
#include "cli/values/folders.h"
#include "cli/walls/confinement.h"
#include "cli/walls/output.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/posix_file_system.h"
#include "planner/who_decides.h"
#include "scan/local_tree.h"
#include "show/render.h"

namespace foldersync {
namespace {

// The path below the two folders that a person means.
Result<RelPath> path_below(const Roots& roots, const std::string& replica, std::string named) {
  for (const std::string& folder : {roots.source.path, replica}) {
    if (named.starts_with(folder + "/")) named.erase(0, folder.size() + 1);
  }
  while (named.starts_with("./")) named.erase(0, 2);
  while (named.size() > 1 && named.ends_with('/')) named.pop_back();
  if (named != "." && RelPath::is_path(named)) return RelPath(named);
  return usage_error("why",
                     "expected a path below the source or the replica, without '..', found '" +
                         escaped(named) + "'");
}

// An entry as `scan` tells it, or why there is none.
std::string seen_in(const Root* root, const RelPath& path, std::optional<FileStatus>& status) {
  if (root == nullptr) return "no such folder yet\n";
  const LocalTree tree = tree_of(*root);
  const auto reader = tree.reader(2);
  const auto directory = reader->enter(path.parent_bytes());
  if (!directory) return describe(directory.error()) + "\n";
  const std::string name(path.name());
  const auto found = (*directory)->status(name.c_str());
  if (!found) {
    return found.error().error_number == ENOENT ? "not there\n" : describe(found.error()) + "\n";
  }
  status = *found;
  ScannedEntry scanned{.entry = {.path = path, .status = *found}, .target = {}, .md5 = {}};
  if (const auto target = (*directory)->target(name.c_str()); target) scanned.target = *target;
  return scan_text(scanned);
}

std::string filter_text(const Decided& decided, const PlanningOptions& planning) {
  using By = FilterSaid::By;
  const std::string where = decided.directory.empty() ? "the source" : escaped(decided.directory);
  std::string text =
      decided.said.excluded ? escaped(decided.path.shown()) + " is left out by " : "";
  switch (decided.said.by) {
    case By::kNothing:
      return "no rule says anything: it takes part";
    case By::kList:
      return text + "--files-from: it is not in the list";
    case By::kRule: {
      const std::string rule = "the rule '" + escaped(planning.plan.rules[decided.said.rule]) +
                               "' (" + escaped(planning.filter.rules[decided.said.rule]) + ")";
      return decided.said.excluded ? text + rule : "it takes part by " + rule;
    }
    case By::kLocalRule: {
      const std::string rule = "a rule that lies in " + where;
      return decided.said.excluded ? text + rule : "it takes part by " + rule;
    }
    case By::kMark:
      return text + "a mark in " + where + " (--exclude-if-present, --exclude-caches)";
  }
  return text;
}

bool is_at_or_above(const RelPath& path, const RelPath& other) {
  return path == other || path.is_root() || other.bytes().starts_with(path.bytes() + "/");
}

// What the plan has of the path, a line each; empty: nothing.
Result<std::vector<std::string>> lines_of(const StoredPlan& plan, const RelPath& path) {
  std::vector<std::string> lines;
  TRY(for_each(stream_of(plan.actions), [&](const Action& action) {
    const bool is_other = action.other && *action.other == path;
    if (action.path == path || is_other) {
      lines.push_back(action_line(action) + ", because of " + reason_words(action.reasons));
    }
    return success();
  }));
  for (const Problem& problem : plan.problems) {
    if (is_at_or_above(problem.path, path)) lines.push_back(problem_line(problem));
  }
  for (const Skipped& skipped : plan.skipped) {
    if (is_at_or_above(skipped.path, path)) lines.push_back(skipped_line(skipped));
  }
  return lines;
}

// What is known of the path before any plan is made.
struct Evidence {
  std::optional<FileStatus> source;
  std::optional<FileStatus> replica;
  Decided decided;
  bool is_out_of_bounds = false;
};

// Adds what it found to `text`.
Result<Evidence> evidence_of(const Roots& roots, const RelPath& path,
                             const PlanningOptions& planning, std::string& text) {
  const auto filter = TRY(Filter::of(planning.plan, wall_clock_now(), planning.filter));
  Evidence found;
  text += "source   " + seen_in(&roots.source, path, found.source);
  text += "replica  " + seen_in(roots.replica ? &*roots.replica : nullptr, path, found.replica);
  const auto any = found.source ? found.source : found.replica;
  found.decided = TRY(
      who_decides(tree_of(roots.source), filter, planning.plan, path, any && any->is_directory()));
  found.is_out_of_bounds = any && filter.excludes_file(*any);
  text += "filters  " + filter_text(found.decided, planning) +
          (found.is_out_of_bounds ? "; left alone by --min-age or --max-size\n" : "\n");
  return found;
}

// What becomes of it where the plan says nothing.
std::string without_action(const Evidence& found, const PlanOptions& options) {
  const bool is_excluded = found.decided.said.excluded || found.is_out_of_bounds;
  if (is_excluded && found.replica) {
    return options.delete_excluded ? "it goes from the replica (--delete-excluded)"
                                   : "the replica's stays as it is (--delete-excluded removes it)";
  }
  if (is_excluded) return "nothing: it is not copied";
  if (!found.source && !found.replica) return "nothing: neither folder has it";
  if (!found.source) {
    return "nothing: the replica's stays (--no-delete, or something in it has to stay)";
  }
  const bool is_read = options.checksum || !found.source->is_file();
  return is_read ? "nothing: both are equal"
                 : "nothing: both have the same size and time, which counts as equal (--checksum "
                   "reads them)";
}

// The same options for a plan of this path alone.
PlanningOptions narrowed_to(const RelPath& path, PlanningOptions planning) {
  auto list = std::make_shared<PathList>();
  list->add(path);
  planning.plan.listed = 1;
  planning.plan.delete_excluded = false;
  planning.filter.list = std::move(list);
  return planning;
}

}  // namespace

Result<ExitCode> execute(const WhyOptions& options) {
  const Signals signals(HangUp::kStops);
  FileSystem& fs = posix_file_system();
  KeptState state(fs, state_folder_of(options.common.state_folder));
  auto roots = TRY(open_roots(fs, options.folders));
  const RelPath path = TRY(path_below(roots, absolute_name(options.folders.replica), options.path));
  const auto left_out = TRY(place_own_files(fs, roots, {state.folder()}));
  state.open();
  if (roots.replica) note_opened(state, *roots.replica);
  if (roots.replica) look_as_known(state, *roots.replica);
  state.tell_warnings();
  const std::string warning =
      write_nowhere_else(fs, {.state_folder = state.folder(), .outputs = {}});
  if (!warning.empty()) tell(warning);

  std::string text;
  const Evidence found = TRY(evidence_of(roots, path, options.planning, text));
  std::vector<std::string> lines;
  if (!found.decided.said.excluded && !found.is_out_of_bounds) {
    const PlanningOptions narrow = narrowed_to(path, options.planning);
    auto maker = TRY(PlanMaker::make(fs, state, narrow, thread_counts(options.common)));
    const auto planned = TRY(maker.plan(roots, left_out, EqualContent::kNamed, signals.stop()));
    lines = TRY(lines_of(planned.plan, path));
  }
  if (lines.empty()) lines = {without_action(found, options.planning.plan)};
  for (const std::string& line : lines) text += "outcome  " + line + "\n";
  const auto output = TRY(Output::open({}));
  TRY(output->write(text));
  TRY(output->finish());
  state.save_hashes();
  return ExitCode::kDone;
}

}  // namespace foldersync
