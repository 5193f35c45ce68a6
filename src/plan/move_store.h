// Taking the candidates for moves out of a plan's store, and putting the moves into it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/result.h"
#include "plan/action_store.h"
#include "plan/arrange.h"
#include "plan/facts.h"

namespace foldersync {

// Actions of a plan, and where they stand in it, in its order.
struct LoadedActions {
  std::vector<Action> actions;
  std::vector<std::uint64_t> places;
};

// What MoveCandidates needs to know of the plan: everything that is created, deleted and finished,
// and of the files that are rewritten those of which another one that comes or goes has the same
// size and time. Where that is more than `most` actions, nothing that is rewritten; where the rest
// is more, only the files of which another one has the same size and time; nothing where these are
// more, or nothing comes or nothing goes.
Result<LoadedActions> load_candidates(const Arranged& plan, const Policy& policy, std::size_t most);

// The plan with the loaded actions as they are by now, without those that are `dropped`.
Status put_back(Arranged& plan, const LoadedActions& loaded, const std::vector<bool>& dropped,
                const Spooling& spooling);

}  // namespace foldersync
