// Taking back what an apply did: for each action that was done, the one that undoes it. Pure.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/result.h"
#include "plan/action.h"
#include "plan/plan.h"

namespace foldersync {

// What undoes `done`. `made` is what the replica holds at its path since (nothing: no entry), `old`
// what it held before; one of them is there. Facts of directories have no time.
// Requires: `done` is neither of phase kFinish nor a move.
Action inverse_of(const Action& done, const std::optional<Facts>& made,
                  const std::optional<Facts>& old);

// Gives what was moved its old path back. `made` is what it is there now, `old` what it was. Facts
// of directories have no time.
Action moved_back(const Action& done, const Facts& made, const Facts& old);

// Gives a directory the metadata back that it had, its time too. `now` is what it has when the
// other actions of the undo are done. `xattrs`: its attributes were changed.
Action directory_as_it_was(const RelPath& path, const Facts& now, const Facts& old, bool xattrs);

// Makes of an action that restores a file one that makes it a name of `to` again. `other`: what the
// undo does there; null: nothing.
void restore_as_link(Action& restore, const RelPath& to, const Action* other);

// The actions of an undo with these options, in the order of a plan. `heed` is asked now and then;
// its error ends that, and the actions are of no use then.
Status arrange_undo(std::vector<Action>& actions, const PlanOptions& options,
                    const std::function<Status()>& heed);

}  // namespace foldersync
