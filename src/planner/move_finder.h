// Finds out which of the files and directories that come hold the same as some that go, and puts
// the moves, and the origins of files that take another one's place, into the plan.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "core/result.h"
#include "plan/arrange.h"
#include "planner/findings.h"
#include "scan/opened_for_plan.h"
#include "scan/readable_tree.h"

namespace foldersync {

struct MoveSearch {
  const PlanningContext& context;
  const ReadableTree& source;
  const ReadableTree& replica;
  std::vector<RelPath> blocked;     // as for MoveCandidates
  OpenedForPlan* opened = nullptr;  // of the replica's tree
  std::size_t threads = 1;
  const std::atomic<bool>* stop = nullptr;
  Spooling spooling = {};
  std::size_t most_actions = 250'000;  // that are held in memory, see load_candidates()
};

// Whole directories first, each before those in it, then files. What can't be read is not moved.
// The content of each file is read at most twice. Error: kStopped, or of the spools.
Status find_moves(MoveSearch search, Arranged& plan);

}  // namespace foldersync
