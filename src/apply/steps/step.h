// What each op of a plan means: how it is done, how it is finished when a kill may have come in
// between, and how it is taken back. One file an op, and one line in kind_of().
//
// Live and in a recovery a step is the same: an action, what was made for it, what the replica
// held, and the name in a staging folder under which the new lies before and the old afterwards.
// Live it is read off the action's slot, later off the window's record. Live, forward() is called
// when nothing has been done yet. In a recovery the disk says how far a step has come: again() and
// back() ask it first, so that they may be killed and repeated, in either direction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "apply/stage/limit_book.h"
#include "apply/steps/conflicts.h"
#include "apply/steps/doomed_tree.h"
#include "apply/steps/outcomes.h"
#include "apply/steps/publisher.h"
#include "core/file_status.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/replica_access.h"
#include "fs/wind_up.h"
#include "fs/xattrs.h"
#include "plan/action.h"
#include "plan/facts.h"

namespace foldersync {

// Directories that were made anew where they could not be renamed, with what was made.
using MadeAnew = std::map<RelPath, FileStatus>;

// What steps are done with; one thread's.
struct Site {
  FileSystem& fs;
  ReplicaAccess& replica;
  Publisher& publisher;
  Conflicts& conflicts;
  const Policy& policy;
  LimitBook& book;
  int own_folder;                        // see AttributeRequest
  const Deletions* deletions = nullptr;  // of the record; again() asks for them
  MadeAnew* made_anew = nullptr;         // by back()
  const WindUp* wind_up = nullptr;       // null: nobody tells
};

// What a change in place has come to.
struct Changed {
  std::optional<FileType> touched = {};  // that was opened to be changed, whatever came of it
  std::optional<FileStatus> found = {};  // read back
};

struct Step {
  const Action& action;
  StagedPlace staged = {};              // where its object is, and where what it displaces will be
  std::optional<FileStatus> made = {};  // what was staged, or what a link is to be a name of
  std::optional<FileStatus> old = {};   // what the replica held
  // Of changes in place. Whose metadata is to be given; attributes, null: they stay.
  std::optional<FileStatus> wanted = {};
  std::uint32_t names_added = 0;  // by the window, to what was there
  bool was_renamed = false;       // a move's: since it was looked at
  const std::vector<Xattr>* new_xattrs = nullptr;
  const std::vector<Xattr>* old_xattrs = nullptr;
  Changed changed = {};  // by forward()
};

// Whatever others wrote is never removed. In what these answer, kOvertaken: theirs is at the path,
// and stays there. kStranded: theirs lies under the staged name, and can't go back.
struct StepKind {
  // Whether what failed before in this window keeps the action from being done; null: nothing does.
  bool (*is_barred)(const Action& action, const Outcomes& outcomes) = nullptr;
  // Does it. Requires: the action was looked at and holds, and nothing of it is done.
  Result<Published> (*forward)(Site& site, Step& step);
  // Does what is left to do of it.
  Result<Published> (*again)(Site& site, Step& step);
  // Takes back what was done of it.
  Result<Published> (*back)(Site& site, Step& step);
};

extern const StepKind kWriteStep;     // creates, updates, replaces
extern const StepKind kLinkStep;      // makes one more name
extern const StepKind kMoveStep;      // gives another path; a file's metadata is another step
extern const StepKind kRemoveStep;    // deletes
extern const StepKind kMetadataStep;  // puts metadata right in place
extern const StepKind kFinishStep;    // the same, of a directory, when all else is done

const StepKind& kind_of(const Action& action);

// Calls change(target) for the name in the open directory that `path` stands for; where it is
// denied, once more when that directory was opened up for its owner.
template <class Change>
auto at_path(Site& site, const RelPath& path, Change change)
    -> std::invoke_result_t<Change, const Place&> {
  const auto parent = TRY(site.replica.parent(path));
  const Place target{parent, std::string(path.name())};
  return site.replica.with_write_access(parent, path.parent(), [&] { return change(target); });
}

}  // namespace foldersync
