// Finds out which of the candidates for a move hold the same content, and puts the moves into the
// plan.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "core/result.h"
#include "plan/findings.h"
#include "plan/moves.h"
#include "scan/roots.h"

namespace foldersync {

struct MoveSearch {
  const PlanningContext& context;
  const Roots& roots;               // Requires: there is a replica
  std::vector<GoneDirectory> gone;  // as for MoveCandidates
  std::vector<RelPath> blocked;     // likewise
  std::size_t threads = 1;
  const std::atomic<bool>* stop = nullptr;
};

// Whole directories first, each before those in it, then files. `actions` are those of a plan, in
// any order, with their phases settled. What can't be read is not moved. The content of each file
// is read at most twice. Error kStopped.
Status find_moves(MoveSearch search, std::vector<Action>& actions);

}  // namespace foldersync
