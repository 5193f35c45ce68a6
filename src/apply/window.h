// One window of a plan: so many actions as are staged, renamed and purged together.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apply/look.h"
#include "apply/schedule.h"
#include "apply/stager.h"
#include "apply/staging_area.h"
#include "apply/window_limits.h"
#include "apply/write_back.h"
#include "core/result.h"
#include "fs/xattrs.h"
#include "plan/action_store.h"

namespace foldersync {

// Actions that the engine does one after another, and their numbers in the plan.
struct WindowPart {
  std::vector<Action> actions;
  std::vector<std::uint64_t> seqs;  // one each, from 1
};

// Says where a window ends: bounded by actions and by bytes to write, at least one action.
class WindowMeter {
 public:
  explicit WindowMeter(const WindowLimits& limits) : limits_(limits) {}
  // Whether the next action belongs to another window.
  [[nodiscard]] bool is_full() const {
    return actions_ >= limits_.actions || bytes_ >= limits_.bytes;
  }
  void add(const Action& action);

 private:
  const WindowLimits& limits_;
  std::size_t actions_ = 0;
  std::uint64_t bytes_ = 0;
};

// The actions of the window that comes next.
Result<WindowPart> read_window(ScheduleReader& reader, const WindowLimits& limits);

// The root's own, which comes when all windows are done.
inline bool is_root_finish(const Action& action) {
  return action.phase == Phase::kFinish && action.path.is_root();
}
// It is the last action, if there is one. An error: the actions can't be read.
Result<std::optional<Action>> root_finish_of(const ActionStore& actions);

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
  bool is_inside = false;          // or staged in its directory, by its own name, see StagedTrees:
  std::size_t above = 0;           // index of that directory's slot
  bool has_arrived = false;        // is in its place, with all that is inside
  // Of an action that changes attributes in place: what they were and what they shall be.
  std::optional<std::vector<Xattr>> old_xattrs;
  std::optional<std::vector<Xattr>> new_xattrs;
};

struct StageWindow {
  const LookContext& looks;
  const StageContext& stages;
  const WindowPart& part;
  std::vector<Looker>& lookers;    // one a thread
  const std::vector<Fd>& folders;  // one a thread
  const WindowLimits& limits;
  std::size_t max_open;      // descriptors for the way into what is staged, for each thread
  bool ends_in_time = true;  // limits.stage_seconds counts
  bool in_trees = false;     // new directories are filled before they appear
  const std::atomic<bool>* abandoned = nullptr;  // set by others: what is staged is not wanted
  WriteBack* write_back = nullptr;
};

// Looks at a window's actions and stages what they create, on as many threads as there are lookers.
// Slot i belongs to actions[i]; there are fewer slots than actions where the time was up, and at
// least one.
std::vector<StagedSlot> stage_window(const StageWindow& window);

}  // namespace foldersync
