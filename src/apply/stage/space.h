// Whether there is room for what a plan writes.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "apply/stage/request.h"
#include "apply/stage/window.h"
#include "core/result.h"
#include "plan/action_store.h"
#include "plan/plan.h"
#include "plan/spool.h"

namespace foldersync {

struct SpaceQuestion {
  FileSystem& fs;  // the replica's
  const Root& source;
  const ReadableTree& source_tree;
  int replica;                             // an open directory of the file system that is filled
  const std::string& replica_file_system;  // see FileSystem::file_system_id
  bool atomic = false;                     // all of it in one window
  bool keeps_old = false;                  // nothing is freed: a backup there keeps it
  WindowLimits windows = {};
  TimeLimits times = {};                    // as the replica holds them
  const std::atomic<bool>* stop = nullptr;  // set by others: error kStopped; null: nobody tells
};

// The rule on free space. Window for window: what is staged must fit, and what earlier windows
// displaced has made room. Nothing where files can share what they hold with the source, or the
// file system doesn't tell: then nothing is concluded. An error: the actions can't be read.
Result<std::optional<Guard>> ask_space(const SpaceQuestion& question, const ActionStore& actions);

// A plan in which deletions go first.
struct MadeRoom {
  ActionStore actions;
  Guard guard;  // why: see delete_first_guard()
};

// The actions in the order in which they fit, if they fit only where deletions go first
// (plan/room.h). Nothing where they fit as they stand, or not even so. What a deletion frees is
// asked of the replica, which must be there: nothing in another mount, and of a file with several
// names when the last one goes. Errors: those of the spools.
Result<std::optional<MadeRoom>> find_room(const SpaceQuestion& question, const ActionStore& actions,
                                          const Spooling& spooling);

// Whether what a backup in `folder` keeps stays on the replica's file system, so that nothing is
// freed. A folder that is to be made lies where the one above it does.
bool keeps_beside(FileSystem& fs, const std::string& folder, const Root& replica);

// The windows of a request, whose plan may want some apart.
WindowLimits windows_of(const ApplyRequest& request);

// These, or the largest of the smaller ones in which it fits: then one displaces what the next has
// room by. Error kRefused: it fits in none; with the figures and the option that overrides it.
Result<WindowLimits> check_space(const ApplyRequest& request);

// Whether a window of these actions can be staged while what an earlier one displaced is still
// there.
bool fits_beside_the_old(const ApplyRequest& request, const std::vector<Slot>& window);

}  // namespace foldersync
