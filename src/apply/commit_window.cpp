#include "apply/commit_window.h"

#include <optional>

#include "apply/doomed_tree.h"
#include "apply/staged_trees.h"

namespace foldersync {
namespace {

bool is_in_place(const Action& action) { return action.op == Op::kMetadata; }

// Where a kill would leave nothing to tell what others wrote from what was to go, or where a backup
// wants each entry, directories are emptied first.
std::vector<DoomedRange> trees_to_take(const CommitWindow& task) {
  if (task.request.backup || !task.window.transaction().has_record()) return {};
  std::optional<std::uint32_t> owner;
  if (!task.request.policy.as_root) {
    const auto own = task.request.fs.status(task.folders.back().get());
    if (!own) return {};
    owner = own->uid;
  }
  return doomed_ranges(task.window.part(), task.window.slots(), owner);
}

}  // namespace

void commit(const CommitWindow& task) {
  const WindowPart& part = task.window.part();
  auto& slots = task.window.slots();
  StagedTrees staged(task.request.fs, part, slots, task.folders, task.max_open);
  const std::vector<DoomedRange> doomed = trees_to_take(task);
  auto next = doomed.begin();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Action& action = part.actions[i];
    if (action.phase == Phase::kFinish || is_in_place(action)) continue;
    if (next != doomed.end() && next->begin == i) {
      const DoomedRange tree = *next++;
      if (!task.winds_up() && task.committer.take_tree(part, slots, tree)) {
        i = tree.end - 1;
        continue;
      }
    }
    if (task.winds_up()) {
      task.committer.skip(action, part.seqs[i]);
    } else {
      task.committer.commit(action, part.seqs[i], slots[i], {slots, task.folders, staged});
    }
  }
  task.window.each([&](const Action& action, std::uint64_t seq, const StagedSlot& slot) {
    if (action.phase == Phase::kFinish || !is_in_place(action)) return;
    if (task.winds_up()) return task.committer.skip(action, seq);
    task.committer.change_in_place(action, seq, slot);
  });
}

void finish(const CommitWindow& task) {
  task.window.each([&](const Action& action, std::uint64_t seq, const StagedSlot& slot) {
    if (action.phase != Phase::kFinish || is_root_finish(action)) return;
    if (task.winds_up()) return task.committer.skip(action, seq);
    task.committer.finish(action, seq, slot);
  });
}

}  // namespace foldersync
