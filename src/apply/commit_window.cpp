#include "apply/commit_window.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "apply/stage/staged_trees.h"
#include "apply/steps/doomed_tree.h"
#include "scan/on_threads.h"

namespace foldersync {
namespace {

// Where a kill would leave nothing to tell what others wrote from what was to go, or where a backup
// wants each entry, directories are emptied first.
std::vector<DoomedRange> trees_to_take(const Job& job, OpenWindow& window) {
  if (job.request.backup || !window.transaction().has_record()) return {};
  std::optional<std::uint32_t> owner;
  if (!job.request.policy.as_root) {
    const auto own = job.request.fs.status(job.folders.back().get());
    if (!own) return {};
    owner = own->uid;
  }
  return doomed_ranges(window.slots(), owner);
}

// What changes in place, on all threads; told in the window's order.
class InPlaceChanges {
 public:
  InPlaceChanges(const Job& job, Committer& committer, OpenWindow& window)
      : job_(job), committer_(committer) {
    for (const Slot& slot : window.slots()) {
      if (sets_metadata(slot.action) && slot.action.phase != Phase::kFinish)
        slots_.push_back(&slot);
    }
  }

  void run() {
    for (begin_ = 0; begin_ < slots_.size(); begin_ += kBatch) {
      end_ = std::min(begin_ + kBatch, slots_.size());
      next_ = begin_;
      done_.assign(end_ - begin_, std::nullopt);
      change_on_all_threads();
      for (std::size_t at = begin_; at < end_; ++at) {
        committer_.tell_in_place(*slots_[at], done_[at - begin_]);
      }
    }
  }

 private:
  static constexpr std::size_t kBatch = 4096;  // whose results are held
  static constexpr std::size_t kShare = 64;    // that a thread takes at a time

  void change_on_all_threads() {
    on_threads(std::min(job_.lookers.size(), (end_ - begin_) / kShare + 1),
               [this](std::size_t thread) { work(job_.lookers[thread]); });
  }

  void work(Looker& looker) {
    for (;;) {
      const std::size_t first = next_.fetch_add(kShare);
      for (std::size_t at = first; at < std::min(first + kShare, end_); ++at) {
        if (job_.winds_up()) return;
        done_[at - begin_] = committer_.change_in_place(*slots_[at], looker);
      }
      if (first >= end_) return;
    }
  }

  const Job& job_;
  Committer& committer_;
  std::vector<const Slot*> slots_;
  std::size_t begin_ = 0;  // of the batch
  std::size_t end_ = 0;
  std::atomic<std::size_t> next_{0};
  std::vector<std::optional<InPlace>> done_;
};

}  // namespace

void commit(const Job& job, Committer& committer, OpenWindow& window) {
  auto& slots = window.slots();
  StagedTrees staged(job.request.fs, slots, job.folders, job.max_open);
  const std::vector<DoomedRange> doomed = trees_to_take(job, window);
  committer.begin_window(slots);
  auto next = doomed.begin();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Action& action = slots[i].action;
    if (is_finish(action) || sets_metadata(action)) continue;
    if (next != doomed.end() && next->begin == i) {
      const DoomedRange tree = *next++;
      if (!job.winds_up() && committer.take_tree(slots, tree)) {
        i = tree.end - 1;
        continue;
      }
    }
    // What was staged in a directory that has its name by now is there, whatever comes next.
    const bool has_come = slots[i].is_inside && slots[slots[i].above].has_arrived;
    if (job.winds_up() && !has_come) {
      committer.skip(slots[i]);
    } else {
      committer.commit(slots[i], {slots, job.folders, staged});
    }
  }
  InPlaceChanges(job, committer, window).run();
}

void finish(const Job& job, Committer& committer, OpenWindow& window) {
  for (const Slot& slot : window.slots()) {
    if (slot.action.phase != Phase::kFinish || is_root_finish(slot.action)) continue;
    job.winds_up() ? committer.skip(slot) : committer.finish(slot);
  }
}

}  // namespace foldersync
