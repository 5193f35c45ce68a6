#include "apply/stage/staged_trees.h"

#include <string_view>

namespace foldersync {

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
    auto opened = TRY(fs_.open_directory(folders_[slot.folder].get(), slot.name().c_str()));
    top_fd_ = std::move(opened);
    cursor_.emplace(fs_, top_fd_.get(), CursorRules{}, max_open_);
    top_ = top;
  }
  const std::string_view path = slots_[index].action.path.bytes();
  const std::string_view above = slots_[top].action.path.bytes();
  return cursor_->enter(path.size() == above.size() ? "" : path.substr(above.size() + 1));
}

}  // namespace foldersync
