// One window of a plan: so many actions as are staged, renamed and purged together.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "apply/look.h"
#include "apply/stager.h"
#include "apply/staging_area.h"
#include "apply/window_limits.h"
#include "apply/write_back.h"
#include "fs/xattrs.h"

namespace foldersync {

// A range of a plan's actions.
struct WindowRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The window that starts at `begin`: bounded by actions and by bytes to write, at least one action.
WindowRange window_at(const std::vector<Action>& actions, std::size_t begin,
                      const WindowLimits& limits = {});

// Whether the action needs something made in a staging folder by stage_window().
bool is_staged(const Action& action);

// What was found, and made, for one action before anything is changed.
struct StagedSlot {
  std::optional<LookResult> look;  // nothing: stopped before it was looked at
  std::optional<Staged> staged;    // where the look holds and staging succeeded
  std::optional<Error> error;      // where something failed
  std::optional<Drift> drift;      // where that is a precondition that no longer holds
  std::size_t folder = 0;          // index of the staging subfolder
  std::string name;                // its name there
  // Of an action that changes attributes in place: what they were and what they shall be.
  std::optional<std::vector<Xattr>> old_xattrs;
  std::optional<std::vector<Xattr>> new_xattrs;
};

struct StageWindow {
  const LookContext& looks;
  const StageContext& stages;
  const std::vector<Action>& actions;
  WindowRange range;
  std::vector<Looker>& lookers;    // one a thread
  const std::vector<Fd>& folders;  // one a thread
  const WindowLimits& limits;
  bool ends_in_time = true;                      // limits.stage_seconds counts
  const std::atomic<bool>* abandoned = nullptr;  // set by others: what is staged is not wanted
  WriteBack* write_back = nullptr;
};

// Looks at a window's actions and stages what they create, on as many threads as there are lookers;
// neighbours in one directory stay on one thread. Slot i belongs to action range.begin + i; there
// are fewer slots than actions where the time was up, and at least one.
std::vector<StagedSlot> stage_window(const StageWindow& window);

}  // namespace foldersync
