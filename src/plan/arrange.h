// From what a walk decided to the actions of a plan: what must not happen is taken out, what is
// left is put in order and counted. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/path.h"
#include "core/result.h"
#include "plan/action_runs.h"
#include "plan/guard.h"
#include "plan/plan.h"

namespace foldersync {

struct Unarranged {
  std::vector<ActionRuns> runs;  // all actions but those below; deletions in kDelete and kRmdir
  std::vector<Action> more;      // few: links, and what they come with; in no order
  // What must stay in the replica, with all directories above it: excluded, mounted, unreadable.
  std::vector<RelPath> kept;
  // The directories of `runs` that become something else.
  std::vector<RelPath> replaced;
  // Directories whose `finish` may have no reason but children of which no action of `runs` is
  // known. May hold others, too.
  std::vector<RelPath> doubtful;
  // The root's, to be added where anything is done and the root has none.
  std::optional<Action> root_finish;
};

struct Arranged {
  ActionStore actions;  // in the order of a plan
  Summary summary;      // of them
  GuardCounts counts;   // of them
  // Directories that would have become something else, but something below them has to stay, and
  // the paths that would have been links to them.
  std::vector<RelPath> blocked;  // in path order
  // Directories whose `finish` was taken out: they stay as they are.
  std::uint64_t unchanged = 0;
};

// Appends one action, and counts it. Error: that of the spool.
Status add(const Action& action, Arranged& arranged);

// Takes out
// - the deletion of each directory that a path of `kept` lies in or is;
// - the replacement of such a directory, with all that was to happen below it;
// - `finish` actions that only the children asked for, where no child is created, replaced or
//   deleted any more.
// Deletions below directories that become something else go first (kClear). Memory: that of the
// lists it is given, and of ActionMerge. Errors: those of the spools.
Result<Arranged> arrange(Unarranged found, const Spooling& spooling);

}  // namespace foldersync
