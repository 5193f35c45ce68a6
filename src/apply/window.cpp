#include "apply/window.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

namespace foldersync {
namespace {

// Actions of one directory that one thread takes at a time, at most.
constexpr std::size_t kUnit = 64;
// And so many bytes to write, so that no thread has much left when the window's time is up.
constexpr std::uint64_t kUnitBytes = std::uint64_t{16} << 20U;

std::uint64_t bytes_to_write(const Action& action) {
  return is_staged(action) ? action.after->size.value_or(0) : 0;
}

std::vector<WindowRange> units_of(const std::vector<Action>& actions) {
  std::vector<WindowRange> units;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const bool joins = !units.empty() && i - units.back().begin < kUnit && bytes < kUnitBytes &&
                       actions[i].path.parent_bytes() == actions[i - 1].path.parent_bytes();
    if (!joins) {
      units.push_back({i, i});
      bytes = 0;
    }
    units.back().end = i + 1;
    bytes += bytes_to_write(actions[i]);
  }
  return units;
}

Result<std::vector<Xattr>> attributes_in(const StageWindow& window, Result<int> directory,
                                         const RelPath& path) {
  if (!directory) return directory.error();
  FileSystem& fs = window.stages.fs;
  const std::string name = path.is_root() ? "." : std::string(path.name());
  const auto entry = fs.open_entry(*directory, name.c_str());
  if (!entry) return entry.error();
  return read_xattrs(fs, {entry->get(), true}, window.stages.policy.as_root);
}

void read_attributes(const StageWindow& window, std::size_t thread, const Action& action,
                     StagedSlot& slot) {
  Looker& looker = window.lookers[thread];
  const RelPath above = action.path.is_root() ? RelPath() : action.path.parent();
  auto wanted = attributes_in(window, looker.source_directory(above), action.path);
  auto found = attributes_in(window, looker.replica_directory(above), action.path);
  if (!wanted || !found) {
    slot.error = wanted ? std::move(found).error() : std::move(wanted).error();
    return;
  }
  slot.new_xattrs = std::move(*wanted);
  slot.old_xattrs = std::move(*found);
}

void stage_one(const StageWindow& window, Stager& stager, std::size_t thread, std::size_t index,
               StagedSlot& slot) {
  const Action& action = window.actions[index];
  slot.folder = thread;
  slot.name = std::to_string(window.first + index + 1);
  slot.look = window.lookers[thread].look(action);
  window.lookers[thread].compare_moved(action, *slot.look);
  if (slot.look->finding != Finding::kHolds) return;
  if (!is_staged(action)) {
    if (action.reasons.has(Reason::kXattrs) && action.op == Op::kMetadata) {
      read_attributes(window, thread, action, slot);
    }
    return;
  }
  Action today = action;
  today.after = slot.look->after;
  auto staged = stager.stage(today, *slot.look, window.folders[thread].get(), slot.name);
  if (staged) {
    slot.staged = *staged;
    if (window.write_back != nullptr) window.write_back->staged(staged->bytes);
  } else {
    slot.error = std::move(staged).error();
    slot.drift = stager.take_drift();
  }
}

}  // namespace

void WindowMeter::add(const Action& action) {
  ++actions_;
  bytes_ += bytes_to_write(action);
}

Result<std::optional<Action>> root_finish_of(const ActionStore& actions) {
  if (actions.empty()) return std::optional<Action>();
  ActionCursor cursor(actions);
  const auto last = cursor.at(actions.size() - 1);
  if (!last) return last.error();
  return is_root_finish(**last) ? std::optional(**last) : std::nullopt;
}

Result<std::vector<Action>> read_window(const ActionStore& actions, std::size_t begin,
                                        const WindowLimits& limits) {
  std::vector<Action> window;
  WindowMeter meter(limits);
  ActionCursor cursor(actions);
  for (std::size_t index = begin; index < actions.size() && !meter.is_full(); ++index) {
    const auto action = cursor.at(index);
    if (!action) return action.error();
    meter.add(**action);
    window.push_back(**action);
  }
  return window;
}

bool is_staged(const Action& action) {
  if (action.phase != Phase::kMkdir && action.phase != Phase::kWrite) return false;
  if (action.path.is_root()) return false;
  return action.op == Op::kCreate || action.op == Op::kUpdate || action.op == Op::kReplace;
}

std::vector<StagedSlot> stage_window(const StageWindow& window) {
  std::vector<StagedSlot> slots(window.actions.size());
  const std::vector<WindowRange> units = units_of(window.actions);
  std::atomic<std::size_t> next{0};
  const double until = window.limits.clock() + window.limits.stage_seconds;
  const auto is_due = [&] {
    return !window.ends_in_time || next == 0 || window.limits.clock() < until;
  };
  const auto is_told_to_stop = [&] {
    return (window.stages.stop != nullptr && *window.stages.stop) ||
           (window.abandoned != nullptr && *window.abandoned);
  };
  const auto work = [&](std::size_t thread) {
    // Nothing becomes visible before the commit.
    window.lookers[thread].replica().forget_absent();
    window.lookers[thread].replica().remember_absent();
    Stager stager(window.stages, window.lookers[thread]);
    while (is_due()) {
      const std::size_t unit = next++;
      if (unit >= units.size()) return;
      for (std::size_t i = units[unit].begin; i < units[unit].end; ++i) {
        if (is_told_to_stop()) return;
        stage_one(window, stager, thread, i, slots[i]);
      }
    }
  };
  std::vector<std::thread> others;
  const std::size_t threads = std::min(window.lookers.size(), units.size());
  try {
    for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
  } catch (const std::system_error&) {
    // The system gives no more threads: fewer do the same.
  }
  work(0);
  for (std::thread& other : others) other.join();
  // Units are taken in their order, and each that was taken is done, or the run was told to stop:
  // what must not end early keeps a slot for each action even then.
  if (window.ends_in_time) {
    slots.resize(units[std::min<std::size_t>(next, units.size()) - 1].end);
  }
  return slots;
}

}  // namespace foldersync
