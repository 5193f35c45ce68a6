// Plans that nobody made, from the bytes of a fuzzer: valid documents about a few names.
#pragma once

#include <vector>

#include "fuzz/fuzz_bytes.h"
#include "plan/plan.h"
#include "support/disk_tree.h"

namespace foldersync {

// What a forger knows of the two folders.
struct World {
  Tree source;
  Tree replica;
  std::vector<Action> honest;  // those of the plan that the program makes
};

// A plan that the reader accepts. Many of its actions are near to what the trees hold, so that they
// get past the look at both; all of them are, where the bytes are zero.
Plan forge(FuzzBytes& bytes, const World& world);

}  // namespace foldersync
