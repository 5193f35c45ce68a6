#include "cli/cycle/preparation.h"

#include <utility>

#include "cli/cycle/backups.h"
#include "cli/kept/ways.h"
#include "cli/planning/plan_maker.h"
#include "cli/values/folders.h"
#include "fs/named_path.h"

namespace foldersync {

Status Preparation::make_places(Roots& roots, const PlanOptions& plan) {
  TRY(make_backup_folder(tools_.fs, options_.backup));
  auto met =
      meet_backup_folder(tools_.fs, tools_.state, options_.backup, last_run_.other_replica());
  tools_.log_warnings();
  if (!met) return met.error();
  backup_identity_ = std::move(*met);
  has_places_ = true;
  if (roots.replica) return success();
  TRY(create_replica(tools_.fs, roots, new_replica(roots.source, plan, tools_.options.umask)));
  TRY(last_run_.meet_replica(roots));
  tools_.log_warnings();
  return success();
}

Status Preparation::bring_to_rest(Root& replica) {
  TRY(at_rest_.lock(replica));
  if (has_backup_folder()) confine(replica);
  const auto recovered = TRY(at_rest_.recover(replica, {.run_follows = true}));
  conflicts_ = recovered.conflicts || !recovered.unread.empty();
  // What was removed may have changed the folder itself.
  replica.status = TRY(look_again(replica));
  return success();
}

Result<bool> Preparation::clear(const Root& replica, const std::vector<RelPath>& leftovers) {
  unproven_ = {};
  if (leftovers.empty()) return false;
  const auto cleared =
      TRY(clear_leftovers(replica, tools_.state.staging_keys(), leftovers, tools_.signals.stop()));
  unproven_ = tell_unproven(tools_.log, tools_.state.memory(), replica, cleared.unproven);
  if (tell_stuck(tools_.log, cleared.stuck)) unproven_.is_news = true;
  return cleared.cleared;
}

// Or none is wanted. Before make_places() it may be missing.
bool Preparation::has_backup_folder() const {
  const std::string folder = absolute_if_named(options_.backup.folder);
  return has_places_ || folder.empty() || open_named_folder(tools_.fs, folder).ok();
}

void Preparation::confine(const Root& replica) {
  if (std::exchange(is_confined_, true)) return;
  tools_.confine({.replica = &replica,
                  .backup_folder = absolute_if_named(options_.backup.folder),
                  .outputs = unfinished_backups(replica, tools_.state.staging_keys(),
                                                &tools_.signals.stop())});
}

}  // namespace foldersync
