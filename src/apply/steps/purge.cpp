#include "apply/steps/purge.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "fs/directory_cursor.h"
#include "scan/on_threads.h"

namespace foldersync {
namespace {

constexpr std::size_t kShare = 256;  // entries that a thread takes at a time

class Purge {
 public:
  explicit Purge(const PurgeRequest& request)
      : request_(request), max_open_(descriptors_per_cursor(request.threads + 1)) {
    for (const DoomedTree& tree : request.trees) {
      for (std::size_t i = 0; i < tree.entries().size(); ++i) {
        if (!tree.entries()[i].seen.is_directory()) inside_.push_back({&tree, i});
      }
    }
  }

  Purged run() {
    on_threads(threads_for(total() / kShare + 1), [this](std::size_t) { work(); });
    if (!purged_.is_complete) return std::move(purged_);
    next_ = 0;
    on_threads(threads_for(request_.trees.size()), [this](std::size_t) { remove_trees(); });
    return std::move(purged_);
  }

 private:
  // An entry of a tree that is no directory.
  struct Inside {
    const DoomedTree* tree;
    std::size_t index;
  };

  // What one thread needs.
  struct Worker {
    const DoomedTree* tree = nullptr;
    std::optional<DoomedTreeRemover> remover;
  };

  [[nodiscard]] std::size_t threads_for(std::size_t pieces) const {
    return std::min(request_.threads, pieces);
  }
  [[nodiscard]] std::size_t total() const { return request_.gone.size() + inside_.size(); }

  void work() {
    Worker worker;
    for (;;) {
      const std::size_t begin = next_.fetch_add(kShare);
      if (begin >= total()) return;
      const std::size_t end = std::min(begin + kShare, total());
      for (std::size_t i = begin; i < end; ++i) {
        if (request_.wind_up.is_over()) return leave_the_rest();
        if (i < request_.gone.size()) {
          remove(request_.gone[i]);
        } else {
          remove(inside_[i - request_.gone.size()], worker);
        }
      }
    }
  }

  void leave_the_rest() {
    const std::lock_guard lock(mutex_);
    purged_.is_complete = false;
  }

  void remove(const Discarded& gone) {
    const char* const name = gone.place.name.c_str();
    const Status removed = gone.is_directory
                               ? request_.fs.remove_directory(gone.place.directory, name)
                               : request_.fs.remove_file(gone.place.directory, name);
    if (removed || !gone.is_directory) return;
    const int number = removed.error().error_number;
    if (number != ENOTEMPTY && number != EEXIST) return;
    const std::lock_guard lock(mutex_);
    purged_.filled.push_back(gone.place);
  }

  void remove(const Inside& inside, Worker& worker) {
    if (worker.tree != inside.tree) {
      worker.remover.emplace(request_.fs, *inside.tree, max_open_);
      worker.tree = inside.tree;
    }
    // What stays is found when the directories are to go.
    (void)worker.remover->remove(inside.index);
  }

  // When everything else has gone.
  void remove_trees() {
    for (;;) {
      const std::size_t index = next_.fetch_add(1);
      if (index >= request_.trees.size()) return;
      remove_directories(request_.trees[index]);
    }
  }

  // Each after what it held. Where something is left, all is tried once more.
  void remove_directories(const DoomedTree& tree) {
    const auto is_directory = [](const DoomedEntry& entry) { return entry.seen.is_directory(); };
    DoomedTreeRemover remover(request_.fs, tree, max_open_);
    if (remove_each(remover, tree, is_directory)) return;
    remover.open_up();
    Status removed = remove_each(remover, tree, [](const DoomedEntry&) { return true; });
    if (removed) return;
    const auto is_own = tree.holds_nothing_else();
    if (request_.wind_up.is_over()) return leave_the_rest();
    const std::lock_guard lock(mutex_);
    if (is_own && !*is_own) {
      purged_.filled.push_back(tree.place());
    } else {
      purged_.stuck.push_back(tree.place());
      purged_.why = is_own ? std::move(removed).error() : is_own.error();
    }
  }

  // The last of them is the directory itself. The error: the first, where that one stays.
  template <class Which>
  Status remove_each(DoomedTreeRemover& remover, const DoomedTree& tree, Which which) const {
    Status last = success();
    Status first = success();
    for (std::size_t i = 0; i < tree.entries().size(); ++i) {
      TRY(request_.wind_up.heed("remove"));
      if (!which(tree.entries()[i])) continue;
      last = remover.remove(i);
      if (first && !last) first = last;
    }
    return last ? last : first;
  }

  const PurgeRequest& request_;
  std::size_t max_open_;
  std::vector<Inside> inside_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  Purged purged_;
};

}  // namespace

Purged purge(const PurgeRequest& request) { return Purge(request).run(); }

}  // namespace foldersync
