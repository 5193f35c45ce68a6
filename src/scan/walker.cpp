#include "scan/walker.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "fs/directory_cursor.h"
#include "fs/stop.h"
#include "scan/on_threads.h"
#include "scan/walk_width.h"
#include "scan/work_queue.h"

namespace foldersync {
namespace {

// Whether its owner may not list it.
bool is_closed(const std::optional<FileStatus>& directory) {
  constexpr std::uint32_t kOwnerReads = 0400;
  return directory && (directory->mode & kOwnerReads) == 0;
}

// One side of the walk, as one thread uses it.
class SideReader {
 public:
  // `tree` is null where nothing of this side is to be read.
  SideReader(const ReadableTree* tree, std::size_t max_open, bool looks_ahead,
             const std::atomic<bool>* stop)
      : reader_(tree != nullptr ? tree->reader(max_open) : nullptr),
        looks_ahead_(looks_ahead),
        names_(stop) {}

  // Reads the directory `path`; `self` says what its parent saw, nothing where it is absent.
  VisitedDirectory read(std::string_view path, const std::optional<FileStatus>& self) {
    VisitedDirectory visited;
    if (!self) return visited;
    visited.self = &*self;
    if (is_closed(self)) reader_->open_up(path);
    const auto here = reader_->enter(path);
    if (!here) return failed(visited, here.error());
    if (const Status read = (*here)->list(names_); !read) return failed(visited, read.error());
    visited.names = &names_;
    visited.here = *here;
    visited.looks_ahead = looks_ahead_;
    return visited;
  }

 private:
  VisitedDirectory failed(VisitedDirectory visited, const Error& error) {
    error_ = error;
    visited.error = &error_;
    return visited;
  }

  std::unique_ptr<TreeReader> reader_;
  bool looks_ahead_;
  DirectoryNames names_;
  Error error_;
};

// Entries of a lap: looking at the clocks costs as much as one or two of them.
constexpr std::uint64_t kLapEntries = 512;
// A cursor with fewer descriptors opens most directories of a deep tree again and again.
constexpr std::size_t kEnoughDescriptors = 16;

// Reading and sorting the names of one with fewer bytes is not worth a thread.
constexpr std::uint64_t kLargeDirectory = 256 * 1024;

bool is_large(const std::optional<FileStatus>& directory) {
  return directory && directory->size >= kLargeDirectory;
}

std::size_t most_workers(const WalkOptions& options) {
  std::size_t most = widest(options);
  while (most > options.threads && descriptors_per_cursor(2 * most) < kEnoughDescriptors) --most;
  return most;
}

std::uint64_t entries_of(const VisitedPair& pair) {
  std::uint64_t entries = 1;
  for (const VisitedDirectory* side : {&pair.source, &pair.replica}) {
    if (side->names != nullptr) entries += side->names->size();
  }
  return entries;
}

class Walk {
 public:
  Walk(WalkRoot root, const WalkOptions& options, PairVisitor& visitor)
      : root_(std::move(root)),
        options_(options),
        visitor_(visitor),
        most_(most_workers(options)),
        queue_(most_, options.threads, options.in_order ? Steal::kNewest : Steal::kOldest),
        width_(options.threads, most_) {}

  Status run() {
    std::vector<PairToVisit> first{root_.pair};
    queue_.add(0, first);
    {
      const std::lock_guard lock(width_mutex_);
      hire(options_.threads);
    }
    work(0);
    // Whoever hires is at work itself, so that nobody is hired once all have ended.
    for (std::size_t i = 0;; ++i) {
      std::thread other;
      {
        const std::lock_guard lock(width_mutex_);
        if (i == others_.size()) break;
        other = std::move(others_[i]);
      }
      other.join();
    }
    return std::move(outcome_);
  }

 private:
  // Requires: width_mutex_ is held.
  void hire(std::size_t workers) {
    try {
      while (others_.size() + 1 < workers) {
        others_.emplace_back([this, worker = others_.size() + 1] { work(worker); });
      }
    } catch (const std::system_error&) {
      // The system gives no more threads: fewer do the same.
    }
  }

  void widen(const WalkLap& lap) {
    const std::lock_guard lock(width_mutex_);
    const std::size_t workers = width_.after(lap);
    if (workers == active_) return;
    active_ = workers;
    hire(workers);
    queue_.set_active(workers);
  }

  void work(std::size_t worker) {
    const std::size_t descriptors = descriptors_per_cursor(2 * most_);
    const bool looks_ahead = most_ > 1;
    SideReader source(root_.source, descriptors, looks_ahead, options_.stop);
    SideReader replica(root_.replica, descriptors, looks_ahead, options_.stop);
    std::vector<PairToVisit> children;
    const bool watches = most_ > options_.threads;
    ThreadTimes lap_began = watches ? options_.clock() : ThreadTimes{};
    std::uint64_t entries = 0;
    for (;;) {
      auto item = queue_.try_take(worker);
      if (!item) {
        item = queue_.take(worker);
        if (!item) return;
        if (watches) lap_began = options_.clock();
        entries = 0;
      }
      const VisitedPair pair = read(*item, source, replica, worker);
      // What was not read since then is no trouble of the trees.
      if (Status told = heed(options_.stop, "walk"); !told) return end(std::move(told).error());
      const std::uint64_t seen = entries_of(pair);
      entries += seen;
      if (Status visited = visitor_.visit(pair, children); !visited) {
        return end(std::move(visited).error());
      }
      queue_.add(worker, children);
      if (watches && seen >= StatusAhead::kFewestNames) {
        // It has waited for its own threads, not for a disk.
        lap_began = options_.clock();
        entries = 0;
      }
      if (watches && entries >= kLapEntries) {
        const ThreadTimes now = options_.clock();
        widen(lap_between(lap_began, now, entries));
        lap_began = now;
        entries = 0;
      }
      queue_.finished();
    }
  }

  VisitedPair read(const PairToVisit& item, SideReader& source, SideReader& replica,
                   std::size_t worker) const {
    VisitedPair pair{.path = item.path,
                     .source = {},
                     .replica = {},
                     .replica_range = item.replica_range,
                     .handed_down = item.handed_down,
                     .source_is_left_out = item.source_is_left_out,
                     .worker = worker};
    // What the source can't tell asks for nothing to be opened up.
    if (most_ == 1 || !is_large(item.source) || !is_large(item.replica) ||
        is_closed(item.replica)) {
      pair.source = source.read(item.path, item.source);
      if (pair.source.error != nullptr && is_closed(item.replica)) {
        pair.replica.self = &*item.replica;
      } else {
        pair.replica = replica.read(item.path, item.replica);
      }
      return pair;
    }
    std::atomic<int> sides{0};
    on_threads(2, [&](std::size_t) {
      for (int side = sides++; side < 2; side = sides++) {
        if (side == 0) {
          pair.source = source.read(item.path, item.source);
        } else {
          pair.replica = replica.read(item.path, item.replica);
        }
      }
    });
    return pair;
  }

  void end(Error error) {
    {
      const std::lock_guard lock(outcome_mutex_);
      if (outcome_) outcome_ = std::move(error);
    }
    queue_.stop();
  }

  WalkRoot root_;
  WalkOptions options_;
  PairVisitor& visitor_;
  std::size_t most_;
  WorkQueue<PairToVisit> queue_;
  std::mutex width_mutex_;
  WalkWidth width_;
  std::size_t active_ = options_.threads;
  std::vector<std::thread> others_;
  std::mutex outcome_mutex_;
  Status outcome_ = success();
};

}  // namespace

Status walk_pairs(WalkRoot root, const WalkOptions& options, PairVisitor& visitor) {
  return Walk(std::move(root), options, visitor).run();
}

}  // namespace foldersync
