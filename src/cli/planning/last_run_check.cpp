#include "cli/planning/last_run_check.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "cli/console/console.h"
#include "cli/planning/plan_maker.h"
#include "core/text.h"
#include "fs/directory_cursor.h"
#include "fs/stop.h"
#include "plan/guard.h"
#include "scan/directory_names.h"
#include "scan/inventory.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

constexpr std::size_t kNamesShown = 5;

FolderMemory memory_of(const Root& root) {
  const auto empty = is_empty(*root.fs, root.fd.get());
  return {.file_systems = root.file_systems, .inode = root.number, .has_entries = empty && !*empty};
}

Pair pair_of(const Roots& roots) {
  Pair pair{roots.source.path, roots.replica_path, std::nullopt};
  if (roots.replica) pair.replica = memory_of(*roots.replica);
  return pair;
}

// Whether something that is no directory lies below it, at any depth; not knowing is a yes to
// nothing. Error kStopped: `stop` was set.
Result<bool> holds_file(const ReadableTree& tree, const std::string& path,
                        const std::atomic<bool>& stop) {
  bool is_found = false;
  const auto look_at = [&](const InventoryEntry& entry) {
    is_found = !entry.status.is_directory();
    // The first one ends the walk.
    return is_found ? Status(system_error("look at", ENOTDIR)) : success();
  };
  FileStatus top;
  top.type = FileType::kDirectory;
  (void)take_inventory(TreeBelow(tree, RelPath::from_bytes(path)), top,
                       {.visit = look_at, .stop = &stop});
  TRY(heed(&stop, "look at"));
  return is_found;
}

// Whether what lies in the directory can be told by now: it can be read, or is gone.
bool is_read(TreeReader& tree, const std::string& path) {
  const auto directory = tree.enter(path);
  if (!directory) {
    return directory.error().error_number == ENOENT || directory.error().error_number == ENOTDIR;
  }
  DirectoryNames names;
  return (*directory)->list(names).ok();
}

// Those of the paths that can't be read to this day. Both lists ascending.
std::vector<std::string> still_unread(const Root& source, const std::vector<std::string>& paths,
                                      const std::vector<std::string>& now) {
  const LocalTree tree = tree_of(source);
  const auto reader = tree.reader(descriptors_per_cursor(1));
  std::vector<std::string> still;
  for (const std::string& path : paths) {
    const bool is_now = std::binary_search(now.begin(), now.end(), path);
    if (is_now || !is_read(*reader, path)) still.push_back(path);
  }
  return still;
}

// Of the file system that holds the directory; nothing where it can't be entered or asked.
std::optional<std::string> file_system_at(TreeReader& tree, const std::string& path) {
  const auto directory = tree.enter(path);
  const auto id = directory ? (*directory)->file_system_id() : Result<std::string>(std::string());
  return directory && id ? std::optional(*id) : std::nullopt;
}

}  // namespace

bool LastRunCheck::is_same_pair(const Roots& roots) const {
  return known_ && known_->is_this_replica && known_->run.never_read &&
         are_same(known_->run.source, memory_of(roots.source));
}

UnreadBefore LastRunCheck::unread_before(const Roots& roots) const {
  if (!is_same_pair(roots)) return {};
  return {known_->run.never_read, !still_unread(roots.source, known_->run.unread, {}).empty(),
          known_->run.last_look};
}

void LastRunCheck::tell_unread(const Roots& roots, const Planned& planned) {
  const std::uint64_t held = planned.plan.held();
  if (held > 0) {
    state_.warn(
        human_count(held) +
        (held == 1 ? " deletion is held back: it" : " deletions are held back: they") +
        " may be all that is left of what was moved to where nothing can be read; they wait "
        "until it is read or gone (--delete-anyway does not wait)");
  }
  if (planned.unread.empty() || is_same_pair(roots) || !roots.replica) return;
  state_.warn(
      "the first run that is known of these folders: what was moved to what it can't read, "
      "as '" +
      escaped(planned.unread.front().empty() ? "." : planned.unread.front()) +
      "', is deleted from the replica");
}

void LastRunCheck::remember_unread(const Roots& roots, const Planned& seen, LastRun& run) const {
  const std::vector<std::string>& now = seen.unread;
  if (!is_same_pair(roots)) {
    run.never_read = now;
    return;
  }
  run.never_read = still_unread(roots.source, *known_->run.never_read, now);
  std::vector<std::string> later;
  std::set_difference(now.begin(), now.end(), run.never_read->begin(), run.never_read->end(),
                      std::back_inserter(later));
  const auto before = still_unread(roots.source, known_->run.unread, now);
  std::set_union(later.begin(), later.end(), before.begin(), before.end(),
                 std::back_inserter(run.unread));
  if (!options_.plan.delete_anyway) return;
  // A person has said that nothing is to wait for it.
  std::vector<std::string> all;
  std::set_union(run.unread.begin(), run.unread.end(), run.never_read->begin(),
                 run.never_read->end(), std::back_inserter(all));
  run.never_read = std::move(all);
  run.unread.clear();
}

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
  return refused_error("compare", why).at(roots.replica_path);
}

Status LastRunCheck::meet_replica(const Roots& roots) {
  if (!roots.replica) return success();
  return foldersync::meet_replica(state_, *roots.replica,
                                  known_ ? known_->run.replica : FolderMemory(), other_replica());
}

Status LastRunCheck::judge(const Roots& roots, Planned& planned) {
  TRY(look_for_mounts(roots, planned.source_mounts));
  add_guards(roots, planned);
  tell_unread(roots, planned);
  return success();
}

Status LastRunCheck::look_for_mounts(const Roots& roots, const std::vector<KnownMount>& mounts) {
  still_there_.clear();
  if (!known_) return success();
  const LocalTree source = tree_of(roots.source);
  const auto reader = source.reader(descriptors_per_cursor(1));
  for (const KnownMount& known : known_->run.mounts) {
    const auto mount = std::find_if(mounts.begin(), mounts.end(), [&](const KnownMount& other) {
      return other.path == known.path;
    });
    if (mount != mounts.end() && mount->file_system == known.file_system) continue;
    if (mount == mounts.end() && file_system_at(*reader, known.path) == known.file_system) {
      still_there_.push_back(known);
      continue;
    }
    // A folder that holds something by itself now was filled on purpose.
    if (TRY(holds_file(source, known.path, stop_))) continue;
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

void LastRunCheck::remember(const Roots& roots, const Planned& seen, bool is_exact) {
  if (state_.memory() == nullptr) return;
  if (is_exact && policy_for({}).as_root)
    know_capabilities(*state_.memory(), roots.replica->identity, part_of(options_.plan));
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
  remember_unread(roots, seen, run);
  // A run that has nothing to do writes nothing, and leaves the earlier one's time: what was
  // changed since then is asked for its content where whole seconds hide changes, and then it is
  // told.
  const bool is_quiet = known_ && seen.plan.actions.empty() && !seen.asked_for_whole_seconds;
  run.last_look = is_quiet ? known_->run.last_look : std::optional(seen.plan.created);
  if (known_ && known_->run == run) return;
  foldersync::remember(*state_.memory(), run);
}

void LastRunCheck::remember_applied(const Roots& roots, const PlanHeader& plan) {
  if (state_.memory() == nullptr) return;
  auto known = recall(*state_.memory(), pair_of(roots));
  known_ = known ? std::move(*known) : std::nullopt;
  still_there_.clear();
  const LocalTree source = tree_of(roots.source);
  const auto reader = source.reader(descriptors_per_cursor(1));
  for (const KnownMount& mount : known_ ? known_->run.mounts : std::vector<KnownMount>()) {
    const auto file_system = file_system_at(*reader, mount.path);
    if (file_system.value_or("") == mount.file_system) still_there_.push_back(mount);
  }
  const Summary& done = plan.summary;
  Planned seen;
  seen.plan.created = plan.created;
  seen.source_entries = done.unchanged + done.create + done.update + done.replace + done.move +
                        done.link + done.metadata;
  const auto has_files = holds_file(source, {}, stop_);
  if (!has_files) return;  // told to stop, and what is known stays
  seen.source_files = *has_files ? seen.source_entries : 0;
  // Files among them do no harm: each is asked again by the next run, and holds nothing up where it
  // is no directory.
  for (const Problem& problem : plan.problems) {
    if (problem.side == Side::kSource) seen.unread.push_back(problem.path.bytes());
  }
  std::sort(seen.unread.begin(), seen.unread.end());
  remember(roots, seen, false);  // it may be of an earlier version of the program
}

std::string explain_with_names(const Guard& guard, const StoredPlan& plan) {
  std::string text = explain(guard);
  if (!is_later_rule(guard.rule)) return text;
  std::size_t count = 0;
  std::string names;
  Status read = for_each_action(plan.actions, [&](const Action& action, std::uint64_t) {
    if (!removes_entry(action) || count == kNamesShown) return success();
    names += (count++ == 0 ? "" : ", ") + ("'" + escaped(action.path.shown()) + "'");
    return success();
  });
  if (!read || names.empty()) return text;
  return text + "; what would go: " + names + (plan.summary.remove > count ? ", ..." : "");
}

}  // namespace foldersync
