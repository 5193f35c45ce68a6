// One window of a plan: so many actions as are staged, renamed and purged together.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "apply/stage/job.h"
#include "apply/stage/schedule.h"
#include "apply/stage/slot.h"
#include "apply/stage/window_limits.h"
#include "apply/stage/write_back.h"
#include "core/result.h"
#include "plan/action_store.h"

namespace foldersync {

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

// The actions of the window that comes next, in the order in which the engine does them; nothing is
// found or made for them yet. Error kStopped: `stop` was set, which may be null.
Result<std::vector<Slot>> read_window(ScheduleReader& reader, const WindowLimits& limits,
                                      const std::atomic<bool>* stop = nullptr);

// The root's own, which comes when all windows are done.
inline bool is_root_finish(const Action& action) {
  return action.phase == Phase::kFinish && action.path.is_root();
}
// It is the last action, if there is one. An error: the actions can't be read.
Result<std::optional<Slot>> root_finish_of(const ActionStore& actions);

// Whether the action needs something made in a staging folder by stage_window().
bool is_staged(const Action& action);

struct StageWindow {
  const Job& job;
  std::vector<Slot>& slots;
  bool in_trees;                       // new directories are filled before they appear
  const std::atomic<bool>& abandoned;  // set by others: what is staged is not wanted
  WriteBack* write_back;               // may be null
};

// Looks at a window's actions and stages what they create, on as many threads as the job has
// lookers. Where the time is up, and the plan need not be all or nothing, the last slots are taken
// away; at least one stays.
void stage_window(const StageWindow& window);

}  // namespace foldersync
