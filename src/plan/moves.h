// The moves that were found, put into a plan. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/hash.h"
#include "plan/action.h"
#include "plan/move_candidates.h"

namespace foldersync {

// What a file of a group holds: nothing where that is not known.
struct HashedFile {
  std::size_t index = 0;
  std::optional<Md5> md5;
};

// Which files are the same: those of one name first, the others in the order given. Each is in one
// pair at most, and none with itself. Where `same_metadata`, only those that agree in it.
std::vector<MovePair> pair_up(const std::vector<Action>& actions,
                              const std::vector<HashedFile>& comes,
                              const std::vector<HashedFile>& goes, bool same_metadata);

// One move that was found.
struct FoundMove {
  MovePair pair;
  Facts before;  // of the replica's entry, where it is
  Facts after;   // what it shall be under its new path
};

// Puts the moves in place of the creations that they stand for. The answer says of each action
// whether it is no more part of the plan: the deletions and, of a directory, all that is about what
// is in it. Its `finish` stays.
std::vector<bool> make_moves(std::vector<Action>& actions, const std::vector<FoundMove>& moves);

// Says of each creation or update of `pairs` from which path its file is taken over.
void make_take_overs(std::vector<Action>& actions, const std::vector<MovePair>& pairs);

}  // namespace foldersync
