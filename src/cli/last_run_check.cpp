#include "cli/last_run_check.h"

#include <algorithm>
#include <utility>

#include "cli/console.h"
#include "fs/directory_cursor.h"

namespace foldersync {
namespace {

FolderMemory memory_of(const Root& root) {
  const auto empty = is_empty(*root.fs, root.fd.get());
  return {
      .identity = root.identity, .file_system = root.file_system, .has_entries = empty && !*empty};
}

Status refuse_if(const std::string& why, const std::string& path) {
  if (why.empty()) return success();
  return Error{ErrorCode::kRefused, "compare", path, 0, why};
}

}  // namespace

Status LastRunCheck::compare(const Roots& roots) {
  last_run_.reset();
  if (state_.memory() == nullptr) return meet_replica(roots);
  auto last_run = recall(*state_.memory(), roots.source.path, roots.replica_path);
  if (!last_run) {
    state_.warn(unknown_memory(describe(last_run.error())));
    return meet_replica(roots);
  }
  last_run_ = std::move(*last_run);
  TRY(meet_replica(roots));
  if (!last_run_) return success();
  if (!options_.new_source) {
    TRY(refuse_if(suspicion_about_source(*last_run_, memory_of(roots.source)), roots.source.path));
  }
  if (options_.new_replica) return success();
  std::optional<FolderMemory> replica;
  if (roots.replica) replica = memory_of(*roots.replica);
  return refuse_if(suspicion_about_replica(*last_run_, replica), roots.replica_path);
}

Status LastRunCheck::meet_replica(const Roots& roots) {
  if (!roots.replica) return success();
  return foldersync::meet_replica(state_, *roots.replica,
                                  last_run_ ? last_run_->replica.identity : std::string(),
                                  other_replica());
}

Status LastRunCheck::compare_mounts(const Roots& roots,
                                    const std::vector<KnownMount>& mounts) const {
  if (!last_run_ || options_.new_source) return success();
  DirectoryCursor cursor(*roots.source.fs, roots.source.fd.get(), {}, descriptors_per_cursor(1));
  for (const KnownMount& known : last_run_->mounts) {
    const auto mount = std::find_if(mounts.begin(), mounts.end(), [&](const KnownMount& other) {
      return other.path == known.path;
    });
    if (mount != mounts.end() && mount->file_system == known.file_system) continue;
    // A folder that holds something by itself now was filled on purpose.
    const auto directory = cursor.enter(known.path);
    const auto empty = directory ? is_empty(*roots.source.fs, *directory) : Result<bool>(true);
    if (empty && !*empty) continue;
    return Error{
        ErrorCode::kRefused, "compare", known.path, 0,
        "a file system that the last run saw mounted here, inside the source, is gone: mount it "
        "(if it is gone for good, give --new-source once)"};
  }
  return success();
}

void LastRunCheck::remember(const Roots& roots, const Planned& seen) {
  if (state_.memory() == nullptr) return;
  foldersync::remember(*state_.memory(), roots.source.path, roots.replica_path,
                       {.source = memory_of(roots.source),
                        .replica = memory_of(*roots.replica),
                        .mounts = seen.source_mounts,
                        .entries = seen.source_entries});
}

}  // namespace foldersync
