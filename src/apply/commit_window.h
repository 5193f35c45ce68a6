// Doing the actions of a window, when all of it is staged and recorded.
#pragma once

#include <functional>

#include "apply/committer.h"
#include "apply/job.h"
#include "apply/open_window.h"

namespace foldersync {

struct CommitWindow {
  const Job& job;
  Committer& committer;
  OpenWindow& window;
  // No new work is to start: the actions are skipped. Any thread, while nothing is reported.
  std::function<bool()> winds_up;
};

// The renames in the window's order, then what changes in place.
void commit(const CommitWindow& task);
// Then, when what was displaced in nested staging folders is gone: what the directories get. The
// root's own comes when all windows are done.
void finish(const CommitWindow& task);

}  // namespace foldersync
