#include "apply/window.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

namespace foldersync {
namespace {

// Actions of one directory that one thread takes at a time, at most.
constexpr std::size_t kUnit = 64;

std::vector<WindowRange> units_of(const std::vector<Action>& actions, WindowRange range) {
  std::vector<WindowRange> units;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    const bool joins = !units.empty() && units.back().end == i && i - units.back().begin < kUnit &&
                       actions[i].path.parent_bytes() == actions[i - 1].path.parent_bytes();
    if (joins) {
      units.back().end = i + 1;
    } else {
      units.push_back({i, i + 1});
    }
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
  slot.name = std::to_string(index + 1);
  slot.look = window.lookers[thread].look(action);
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
  } else {
    slot.error = std::move(staged).error();
  }
}

}  // namespace

WindowRange window_at(const std::vector<Action>& actions, std::size_t begin) {
  WindowRange range{begin, begin};
  std::uint64_t bytes = 0;
  while (range.end < actions.size() && range.end - begin < kWindowActions && bytes < kWindowBytes) {
    const Action& action = actions[range.end++];
    if (is_staged(action)) bytes += action.after->size.value_or(0);
  }
  return range;
}

bool is_staged(const Action& action) {
  if (action.phase != Phase::kMkdir && action.phase != Phase::kWrite) return false;
  if (action.path.is_root()) return false;
  return action.op == Op::kCreate || action.op == Op::kUpdate || action.op == Op::kReplace;
}

std::vector<StagedSlot> stage_window(const StageWindow& window) {
  std::vector<StagedSlot> slots(window.range.end - window.range.begin);
  const std::vector<WindowRange> units = units_of(window.actions, window.range);
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t thread) {
    // Nothing becomes visible before the commit.
    window.lookers[thread].replica().forget_absent();
    window.lookers[thread].replica().remember_absent();
    Stager stager(window.stages, window.lookers[thread]);
    for (std::size_t unit = next++; unit < units.size(); unit = next++) {
      for (std::size_t i = units[unit].begin; i < units[unit].end; ++i) {
        if (window.stages.stop != nullptr && *window.stages.stop) return;
        stage_one(window, stager, thread, i, slots[i - window.range.begin]);
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
  return slots;
}

}  // namespace foldersync
