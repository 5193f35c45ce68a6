// Work that threads find while they work: last in, first out for each thread; the idle steal the
// oldest. (Blumofe and Leiserson, "Scheduling Multithreaded Computations by Work Stealing", 1999.)
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <optional>
#include <vector>

namespace foldersync {

// What the idle take from the others: the oldest, which is likely to be much work; or the newest,
// so that all work is done nearly in the order of one thread.
enum class Steal : std::uint8_t { kOldest, kNewest };

template <class Item>
class WorkQueue {
 public:
  explicit WorkQueue(std::size_t workers) : WorkQueue(workers, workers) {}
  // Of `workers`, the first `active` get work until set_active() says otherwise.
  WorkQueue(std::size_t workers, std::size_t active, Steal steal = Steal::kOldest)
      : lanes_(workers), steal_(steal), active_(active) {}

  // Adds `items` for `worker` and empties them; it takes the first of them next.
  void add(std::size_t worker, std::vector<Item>& items) {
    if (items.empty()) return;
    unfinished_ += items.size();
    {
      Lane& lane = lanes_[worker];
      const std::lock_guard lock(lane.mutex);
      lane.drop_stolen();
      lane.items.insert(lane.items.end(), std::make_move_iterator(items.rbegin()),
                        std::make_move_iterator(items.rend()));
    }
    queued_ += static_cast<std::ptrdiff_t>(items.size());
    items.clear();
    wake();
  }

  // The next item, where there is one for this worker now. Each item that was taken must be
  // reported by finished().
  std::optional<Item> try_take(std::size_t worker) {
    if (stopped_ || worker >= active_) return std::nullopt;
    if (auto item = take_own(worker)) return item;
    return steal(worker);
  }

  // The same, waiting for one where others still work; nothing once all is finished or stopped.
  std::optional<Item> take(std::size_t worker) {
    for (;;) {
      if (stopped_) return std::nullopt;
      if (auto item = try_take(worker)) return item;
      std::unique_lock lock(idle_mutex_);
      if (worker >= active_) {
        is_active_.wait(lock, [&] { return worker < active_ || unfinished_ == 0 || stopped_; });
        if (unfinished_ == 0) return std::nullopt;
        continue;
      }
      ++idle_;
      idle_changed_.wait(
          lock, [&] { return queued_ > 0 || unfinished_ == 0 || stopped_ || worker >= active_; });
      --idle_;
      if (unfinished_ == 0) return std::nullopt;
    }
  }

  void finished() {
    if (--unfinished_ == 0) wake_all();
  }

  // What the others still hold is for the active ones. Requires: at least 1.
  void set_active(std::size_t active) {
    active_ = active;
    wake_all();
  }

  void stop() {
    stopped_ = true;
    wake_all();
  }

 private:
  // A vector: a deque would allocate for each item that is not small.
  struct Lane {
    std::mutex mutex;
    std::vector<Item> items;  // the newest last
    std::size_t stolen = 0;   // so many at the beginning are gone

    [[nodiscard]] bool empty() const { return items.size() == stolen; }
    // Costs no more than stealing did.
    void drop_stolen() {
      if (stolen <= items.size() / 2) return;
      items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(stolen));
      stolen = 0;
    }
  };

  void wake() {
    if (idle_ == 0) return;
    const std::lock_guard lock(idle_mutex_);
    idle_changed_.notify_all();
  }

  void wake_all() {
    const std::lock_guard lock(idle_mutex_);
    idle_changed_.notify_all();
    is_active_.notify_all();
  }

  std::optional<Item> take_own(std::size_t worker) {
    Lane& lane = lanes_[worker];
    const std::lock_guard lock(lane.mutex);
    return lane.empty() ? std::nullopt : take_newest(lane);
  }

  std::optional<Item> take_newest(Lane& lane) {
    std::optional<Item> item(std::move(lane.items.back()));
    lane.items.pop_back();
    --queued_;
    return item;
  }

  std::optional<Item> steal(std::size_t thief) {
    for (std::size_t step = 1; step < lanes_.size(); ++step) {
      Lane& lane = lanes_[(thief + step) % lanes_.size()];
      const std::lock_guard lock(lane.mutex);
      if (lane.empty()) continue;
      if (steal_ == Steal::kNewest) return take_newest(lane);
      std::optional<Item> item(std::move(lane.items[lane.stolen++]));
      --queued_;
      return item;
    }
    return std::nullopt;
  }

  std::vector<Lane> lanes_;
  const Steal steal_;
  std::atomic<std::size_t> active_;
  std::atomic<std::ptrdiff_t> queued_{0};
  std::atomic<std::size_t> unfinished_{0};
  std::atomic<int> idle_{0};
  std::atomic<bool> stopped_{false};
  std::mutex idle_mutex_;
  std::condition_variable idle_changed_;  // for the active ones that found no work
  std::condition_variable is_active_;     // for the others
};

}  // namespace foldersync
