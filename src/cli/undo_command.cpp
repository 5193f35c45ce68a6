#include <algorithm>
#include <set>

#include "apply/backup/backup.h"
#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/kept/kept_backups.h"
#include "cli/planning/undo_only.h"
#include "cli/values/moment.h"
#include "core/program_name.h"
#include "core/text.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

constexpr std::size_t kMostExamples = 3;

// The paths that an undo is about, but for metadata of directories.
Result<std::set<RelPath>> paths_of(const StoredPlan& undo) {
  std::set<RelPath> paths;
  TRY(for_each_action(undo.actions, [&](const Action& action, std::uint64_t) {
    if (is_finish(action)) return;
    paths.insert(action.path);
    if (action.other) paths.insert(*action.other);
  }));
  return paths;
}

// Whether something in `paths` is, or lies below, or above `path`.
bool has_to_do_with(const std::set<RelPath>& paths, const RelPath& path) {
  const auto next = paths.lower_bound(path);
  if (next != paths.end() && next->is_within(path)) return true;
  for (RelPath above = path; !above.is_root(); above = above.parent()) {
    if (paths.contains(above)) return true;
  }
  return false;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostExamples); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() <= kMostExamples) return text;
  return text + " and " + human_count(names.size() - kMostExamples) + " more";
}

class Undo {
 public:
  Undo(const UndoOptions& options, KeptBackups backups)
      : options_(options), backups_(std::move(backups)) {}

  Result<ExitCode> run(Hooks& hooks) {
    const KeptBackup run = TRY(chosen());
    TRY(refuse_what_newer_runs_changed(run));
    const std::string folder = backups_.path_of(run);
    ApplyOptions apply;
    apply.plan_file = folder + "/" + kUndoFile;
    apply.folders.replica = options_.replica;
    apply.only = options_.only;
    apply.applying = options_.applying;
    apply.applying.backup = {};
    apply.common = options_.common;
    tell_what("taking back the run of " + local_text(run.time) + " (" + run.name + ")");
    const ExitCode code = TRY(execute(apply, hooks));
    if (!options_.applying.dry_run) tell_what_comes_next();
    return code;
  }

 private:
  void tell_what(const std::string& line) const {
    if (options_.common.console.verbosity != Verbosity::kQuiet) tell(line, Level::kInfo);
  }

  void tell_what_comes_next() const {
    tell_what(
        "the next run mirrors the source again, and so does the same once more: until the source "
        "is as it should be (" +
        our_command("restore") +
        " --to gives single files back), stop that run, or leave out what is to stay with "
        "--exclude");
  }

  [[nodiscard]] Result<KeptBackup> chosen() const {
    if (options_.run.empty()) {
      const std::vector<KeptBackup> runs = backups_.in_force();
      if (!runs.empty()) return runs.back();
      return refused_error("undo", backups_.runs.empty()
                                       ? "there is no backup of this replica in the folder"
                                       : "all runs that the backups know are taken back already")
          .at(backups_.folder);
    }
    KeptBackup run = TRY(find_run(backups_.runs, options_.run));
    if (!run.is_undone) return run;
    return refused_error("undo", "the run " + run.name + " was taken back already");
  }

  [[nodiscard]] Result<StoredPlan> undo_of(const KeptBackup& run) const {
    StoredPlan undo = TRY(read_undo(fs_, backups_, run));
    if (options_.only.empty()) return undo;
    return only_matching(undo, options_.only, backups_.spooling);
  }

  // What a newer run has changed again is not what this one made.
  [[nodiscard]] Status refuse_what_newer_runs_changed(const KeptBackup& run) const {
    std::optional<std::set<RelPath>> paths;
    std::vector<std::string> runs;
    std::vector<std::string> examples;
    for (const KeptBackup& newer : backups_.in_force()) {
      if (newer.time <= run.time) continue;
      if (!paths) paths = TRY(paths_of(TRY(undo_of(run))));
      const std::set<RelPath> changed = TRY(paths_of(TRY(read_undo(fs_, backups_, newer))));
      const std::size_t before = examples.size();
      for (const RelPath& path : changed) {
        if (has_to_do_with(*paths, path)) examples.push_back("'" + escaped(path.shown()) + "'");
      }
      if (examples.size() > before) runs.push_back(newer.name);
    }
    if (runs.empty()) return success();
    std::reverse(runs.begin(), runs.end());
    return refused_error(
        "undo", "newer runs stand in its way, which changed the same paths: " + list_of(runs) +
                    " (" + list_of(examples) + "). Undo these first, the newest first (" +
                    our_command("undo") + " without a run), or give single files back (" +
                    our_command("restore") +
                    "), or take back a part that they left alone (--only)");
  }

  const UndoOptions& options_;
  FileSystem& fs_ = posix_file_system();
  KeptBackups backups_;
};

}  // namespace

Result<ExitCode> execute(const UndoOptions& options, Hooks& hooks) {
  auto backups = TRY(open_backups(posix_file_system(), options.replica,
                                  options.applying.backup.folder, options.common));
  return Undo(options, std::move(backups)).run(hooks);
}

}  // namespace foldersync
