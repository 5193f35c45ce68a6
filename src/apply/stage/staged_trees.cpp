#include "apply/stage/staged_trees.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string_view>
#include <utility>

#include "fs/denial.h"
#include "scan/on_threads.h"

namespace foldersync {
namespace {

// In the order in which they were made, each once.
std::vector<std::size_t> filled_directories(const std::vector<Slot>& slots) {
  std::vector<std::size_t> filled;
  for (const Slot& slot : slots) {
    if (slot.is_inside && slot.staged) filled.push_back(slot.above);
  }
  std::sort(filled.begin(), filled.end());
  filled.erase(std::unique(filled.begin(), filled.end()), filled.end());
  return filled;
}

}  // namespace

std::vector<std::size_t> directories_around(const std::vector<Slot>& slots) {
  std::vector<std::size_t> around(slots.size(), kNoSlot);
  std::vector<std::size_t> open;  // the chain of made directories that the last action lies in
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Action& action = slots[i].action;
    if (action.phase != Phase::kMkdir && action.phase != Phase::kWrite) continue;
    while (!open.empty() && !action.path.is_within(slots[open.back()].action.path)) open.pop_back();
    if (!open.empty() && slots[open.back()].action.path.bytes() == action.path.parent_bytes()) {
      around[i] = open.back();
    }
    if (action.phase == Phase::kMkdir) open.push_back(i);
  }
  return around;
}

Result<int> StagedTrees::directory(std::size_t index) {
  std::size_t top = index;
  while (slots_[top].is_inside) top = slots_[top].above;
  if (top != top_ || !cursor_) {
    cursor_.reset();
    const Slot& slot = slots_[top];
    top_fd_ = TRY(fs_.open_directory(folders_[slot.folder].get(), slot.name().c_str()));
    cursor_.emplace(fs_, top_fd_.get(), CursorRules{}, max_open_);
    top_ = top;
  }
  const std::string_view path = slots_[index].action.path.bytes();
  const std::string_view above = slots_[top].action.path.bytes();
  return cursor_->enter(path.size() == above.size() ? "" : path.substr(above.size() + 1));
}

Status sync_filled(const Job& job, const std::vector<Slot>& slots) {
  const std::vector<std::size_t> filled = filled_directories(slots);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  Status outcome = success();
  on_threads(std::min(job.lookers.size(), filled.size()), [&](std::size_t) {
    StagedTrees trees(job.request.fs, slots, job.folders, job.max_open);
    for (std::size_t i = next++; i < filled.size(); i = next++) {
      const auto directory = trees.directory(filled[i]);
      Status synced = directory ? job.request.fs.sync(*directory) : Status(directory.error());
      if (synced || lacks_call(synced.error())) continue;
      const std::lock_guard lock(mutex);
      if (outcome) outcome = std::move(synced);
    }
  });
  return outcome;
}

}  // namespace foldersync
