// One window of a plan: so many actions as are staged, renamed and purged together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apply/look.h"
#include "apply/stager.h"
#include "apply/staging_area.h"
#include "fs/xattrs.h"

namespace foldersync {

inline constexpr std::size_t kWindowActions = 50'000;
inline constexpr std::uint64_t kWindowBytes = std::uint64_t{1} << 30U;

// A range of a plan's actions.
struct WindowRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The window that starts at `begin`: bounded by actions and by bytes to write, at least one action.
WindowRange window_at(const std::vector<Action>& actions, std::size_t begin);

// Whether the action needs something made in a staging folder by stage_window().
bool is_staged(const Action& action);

// What was found, and made, for one action before anything is changed.
struct StagedSlot {
  std::optional<LookResult> look;  // nothing: stopped before it was looked at
  std::optional<Staged> staged;    // where the look holds and staging succeeded
  std::optional<Error> error;      // where something failed
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
};

// Looks at a window's actions and stages what they create, on as many threads as there are lookers;
// neighbours in one directory stay on one thread. Slot i belongs to action range.begin + i.
std::vector<StagedSlot> stage_window(const StageWindow& window);

}  // namespace foldersync
