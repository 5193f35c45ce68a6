// The order in which a plan's actions stand and are executed.
#pragma once

#include <vector>

#include "plan/action.h"

namespace foldersync {

// Whether `phase` runs in reverse path order: contents before their directory.
bool is_deepest_first(Phase phase);

// Whether `a` stands before `b`: by phase; within a phase in path order, reversed in kClear, kRmdir
// and kFinish (contents before their directory). Total over the actions of a valid plan.
bool stands_before(const Action& a, const Action& b);

// Moves into kClear the deletions below directories that become something else: they go first.
void clear_what_is_replaced(std::vector<Action>& actions);

// Sorts into that order.
void put_in_order(std::vector<Action>& actions);

}  // namespace foldersync
