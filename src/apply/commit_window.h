// Doing the actions of a window, when all of it is staged and recorded.
#pragma once

#include "apply/committer.h"
#include "apply/open_window.h"
#include "apply/stage/job.h"

namespace foldersync {

// The renames in the window's order, then what changes in place.
void commit(const Job& job, Committer& committer, OpenWindow& window);
// Then, when what was displaced in nested staging folders is gone: what the directories get. The
// root's own comes when all windows are done.
void finish(const Job& job, Committer& committer, OpenWindow& window);

}  // namespace foldersync
