#include "cli/last_run_check.h"

#include <algorithm>
#include <utility>

#include "cli/console.h"
#include "core/text.h"
#include "fs/directory_cursor.h"
#include "plan/guard.h"
#include "scan/directory_names.h"

namespace foldersync {
namespace {

constexpr std::size_t kNamesShown = 5;

FolderMemory memory_of(const Root& root) {
  const auto empty = is_empty(*root.fs, root.fd.get());
  return {.file_systems = root.file_systems,
          .inode = std::to_string(root.status.inode),
          .has_entries = empty && !*empty};
}

Pair pair_of(const Roots& roots) {
  Pair pair{roots.source.path, roots.replica_path, std::nullopt};
  if (roots.replica) pair.replica = memory_of(*roots.replica);
  return pair;
}

// Whether something that is no directory lies in it, at any depth; not knowing is a yes to nothing.
bool holds_file(FileSystem& fs, int directory, int depth = 0) {
  constexpr int kDeepest = 100;
  DirectoryNames names;
  for (std::size_t seen = 0;;) {
    const auto more = names.read_more(fs, directory);
    if (!more) return false;
    for (; seen < names.size(); ++seen) {
      const std::string name(names[seen]);
      const auto status = fs.status_at(directory, name.c_str());
      if (!status) continue;
      if (!status->is_directory()) return true;
      if (depth == kDeepest) return true;
      const auto below = fs.open_directory(directory, name.c_str());
      if (below && holds_file(fs, below->get(), depth + 1)) return true;
    }
    if (!*more) return false;
  }
}

}  // namespace

Status LastRunCheck::compare(const Roots& roots) {
  known_.reset();
  if (state_.memory() == nullptr) return meet_replica(roots);
  const Pair pair = pair_of(roots);
  auto known = recall(*state_.memory(), pair);
  if (!known) {
    state_.warn(unknown_memory(describe(known.error())));
    return meet_replica(roots);
  }
  known_ = std::move(*known);
  TRY(meet_replica(roots));
  if (!known_ || options_.new_replica) return success();
  const std::string why = suspicion_about_replica(known_->run, pair.replica);
  if (why.empty()) return success();
  return Error{ErrorCode::kRefused, "compare", roots.replica_path, 0, why};
}

Status LastRunCheck::meet_replica(const Roots& roots) {
  if (!roots.replica) return success();
  return foldersync::meet_replica(state_, *roots.replica,
                                  known_ ? known_->run.replica : FolderMemory(), other_replica());
}

Status LastRunCheck::judge(const Roots& roots, Planned& planned) {
  TRY(look_for_mounts(roots, planned.source_mounts));
  add_guards(roots, planned);
  return success();
}

Status LastRunCheck::look_for_mounts(const Roots& roots, const std::vector<KnownMount>& mounts) {
  still_there_.clear();
  if (!known_) return success();
  DirectoryCursor cursor(*roots.source.fs, roots.source.fd.get(), {}, descriptors_per_cursor(1));
  for (const KnownMount& known : known_->run.mounts) {
    const auto mount = std::find_if(mounts.begin(), mounts.end(), [&](const KnownMount& other) {
      return other.path == known.path;
    });
    if (mount != mounts.end() && mount->file_system == known.file_system) continue;
    const auto directory = cursor.enter(known.path);
    if (mount == mounts.end() && directory) {
      const auto id = roots.source.fs->file_system_id(*directory);
      if (id && *id == known.file_system) {
        still_there_.push_back(known);
        continue;
      }
    }
    // A folder that holds something by itself now was filled on purpose.
    if (directory && holds_file(*roots.source.fs, *directory)) continue;
    if (options_.new_source) continue;
    return Error{
        ErrorCode::kRefused, "compare", known.path, 0,
        "a file system that the last run saw mounted here, inside the source, is gone: mount it "
        "(if it is gone for good, give --new-source once)"};
  }
  return success();
}

// Whether an earlier run made this folder a copy, and the memory is sure to know of the last one.
bool LastRunCheck::is_certain() const {
  return known_ && known_->is_this_replica && state_.memory() != nullptr &&
         state_.memory()->can_be_written();
}

void LastRunCheck::add_guards(const Roots& roots, Planned& planned) const {
  if (!roots.replica || !options_.plan.remove_extra) return;
  StoredPlan& plan = planned.plan;
  const std::uint64_t deleted = plan.summary.remove;
  const auto add = [&](const std::optional<Guard>& guard) {
    if (guard) plan.guards.push_back(*guard);
  };
  if (!is_certain()) add(adopt_guard(deleted, planned.replica_entries, options_.adopt));
  if (!known_) return;
  if (!are_same(known_->run.source, memory_of(roots.source))) {
    add(new_source_guard(deleted, planned.replica_entries, options_.new_source));
  }
  if (known_->run.files > 0 && planned.source_files == 0) {
    add(empty_source_guard(known_->run.entries, deleted,
                           options_.new_source || options_.empty_source));
  }
}

void LastRunCheck::remember(const Roots& roots, const Planned& seen) {
  if (state_.memory() == nullptr) return;
  LastRun run{.source_path = roots.source.path,
              .replica_path = roots.replica_path,
              .source = memory_of(roots.source),
              .replica = memory_of(*roots.replica),
              .mounts = seen.source_mounts,
              .entries = seen.source_entries,
              .files = seen.source_files};
  run.mounts.insert(run.mounts.end(), still_there_.begin(), still_there_.end());
  std::sort(run.mounts.begin(), run.mounts.end(), [](const KnownMount& a, const KnownMount& b) {
    return compare_paths(a.path, b.path) < 0;
  });
  if (known_ && known_->run == run) return;
  foldersync::remember(*state_.memory(), run);
}

std::string explain_with_names(const Guard& guard, const StoredPlan& plan) {
  std::string text = explain(guard);
  if (!is_later_rule(guard.rule)) return text;
  std::size_t count = 0;
  std::string names;
  Status read = for_each_action(plan.actions, [&](const Action& action, std::uint64_t) {
    if (action.op != Op::kDelete || count == kNamesShown) return success();
    names += (count++ == 0 ? "" : ", ") + ("'" + escaped(action.path.shown()) + "'");
    return success();
  });
  if (!read || names.empty()) return text;
  return text + "; what would go: " + names + (plan.summary.remove > count ? ", ..." : "");
}

}  // namespace foldersync
