#include "apply/stage/window.h"

#include <algorithm>

#include "apply/stage/in_place.h"
#include "apply/stage/staged_trees.h"
#include "fs/stop.h"
#include "scan/on_threads.h"

namespace foldersync {
namespace {

// Neighbours that one thread takes at a time, at most; fewer where each would get few of these.
constexpr std::size_t kUnit = 64;
constexpr std::size_t kShares = 8;
// And so many bytes to write, so that no thread has much left when the window's time is up.
constexpr std::uint64_t kUnitBytes = std::uint64_t{16} << 20U;

// A range of a window's actions that one thread stages.
struct Unit {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<Unit> units_of(const std::vector<Slot>& slots, const Job& job) {
  // On the network threads that make entries in one directory wait for each other.
  const bool is_far = job.request.replica.sharing == Sharing::kShared;
  const std::size_t shares = (is_far ? 1 : kShares) * job.lookers.size();
  const std::size_t most = std::clamp(slots.size() / shares, std::size_t{1}, kUnit);
  std::vector<Unit> units;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const bool joins = !units.empty() && i - units.back().begin < most && bytes < kUnitBytes;
    if (!joins) {
      units.push_back({i, i});
      bytes = 0;
    }
    units.back().end = i + 1;
    bytes += bytes_to_write(slots[i].action);
  }
  return units;
}

// Staging on several threads. They take neighbours in the order of the window, and a directory is
// made by whoever needs it first.
class Staging {
 public:
  explicit Staging(const StageWindow& window)
      : window_(window),
        job_(window.job),
        slots_(window.slots),
        around_(directories_around(slots_)),
        states_(slots_.size()),
        units_(units_of(slots_, window.job)),
        until_(window.job.request.windows.clock() + window.job.request.windows.stage_seconds) {}

  void run() {
    on_threads(std::min(job_.lookers.size(), units_.size()),
               [this](std::size_t thread) { work(thread); });
    // Units are taken in their order, and each that was taken is done, or the run was told to stop:
    // what must not end early keeps a slot for each action even then.
    if (job_.request.atomic) return;
    const std::size_t end = units_[std::min<std::size_t>(next_, units_.size()) - 1].end;
    slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(end), slots_.end());
  }

 private:
  enum class State : std::uint8_t { kUntouched, kUnderWay, kReady };

  struct Worker {
    std::size_t thread;
    Looker& looker;
    Stager stager;
    StagedTrees trees;
  };

  [[nodiscard]] bool is_due() const {
    return job_.request.atomic || next_ == 0 || job_.request.windows.clock() < until_;
  }

  [[nodiscard]] bool is_told_to_stop() const {
    return (job_.request.stop != nullptr && *job_.request.stop) || window_.abandoned;
  }

  void work(std::size_t thread) {
    Looker& looker = job_.lookers[thread];
    // RACE: a directory that others make meanwhile is missed. What is to be deleted is looked at
    // again before it goes; of what is to be created the next plan knows more.
    looker.remember_absent();
    Worker worker{thread,
                  looker,
                  Stager(job_, looker),
                  {job_.request.fs, slots_, job_.folders, job_.max_open}};
    while (is_due()) {
      const std::size_t unit = next_++;
      if (unit >= units_.size()) return;
      for (std::size_t i = units_[unit].begin; i < units_[unit].end; ++i) {
        if (is_told_to_stop()) return;
        if (slots_[i].action.phase == Phase::kMkdir) {
          stage_once(worker, i);
        } else {
          stage_one(worker, i);
        }
      }
    }
  }

  // Returns when it is staged, by this thread or another one.
  void stage_once(Worker& worker, std::size_t index) {
    std::atomic<State>& state = states_[index];
    State found = State::kUntouched;
    if (state.compare_exchange_strong(found, State::kUnderWay)) {
      stage_one(worker, index);
      state = State::kReady;
      state.notify_all();
    } else if (found == State::kUnderWay) {
      state.wait(State::kUnderWay);
    }
  }

  void stage_one(Worker& worker, std::size_t index) {
    look_and_make(worker, index);
    if (job_.request.prepared != nullptr) ++*job_.request.prepared;
  }

  void look_and_make(Worker& worker, std::size_t index) {
    Slot& slot = slots_[index];
    const Action& action = slot.action;
    slot.folder = worker.thread;
    slot.look = worker.looker.look(action);
    worker.looker.compare_moved(action, *slot.look);
    if (slot.look->finding != Finding::kHolds) return;
    if (changes_in_place(action)) prepare_in_place(job_, worker.looker, slot);
    if (slot.error || slot.look->finding != Finding::kHolds || !is_staged(action)) return;
    Action today = action;
    today.after = slot.look->after;
    auto staged = stage_inside(worker, index, today);
    if (!staged) {
      staged =
          worker.stager.stage(today, *slot.look, {job_.folders[worker.thread].get(), slot.name()});
    }
    if (*staged) {
      slot.staged = **staged;
      if (window_.write_back != nullptr) window_.write_back->staged(slot.staged->bytes);
    } else {
      slot.error = std::move(*staged).error();
      slot.drift = worker.stager.take_drift();
    }
  }

  // In the directory that the window makes for it. Nothing where that is not possible: under a
  // name of its own, beside others, it may be, or the reason is told.
  std::optional<Result<Staged>> stage_inside(Worker& worker, std::size_t index,
                                             const Action& action) {
    const std::size_t above = around_[index];
    Slot& slot = slots_[index];
    if (!window_.in_trees || above == kNoSlot || PartialCopies::takes(*slot.look->source)) {
      return std::nullopt;
    }
    stage_once(worker, above);
    const auto& directory = slots_[above].staged;
    if (!directory || directory->hands_down) return std::nullopt;
    const auto opened = worker.trees.directory(above);
    if (!opened) return std::nullopt;
    auto staged =
        worker.stager.stage(action, *slot.look, {*opened, std::string(action.path.name())});
    // What the source is to blame for, or a signal, is the same under any name.
    if (!staged && staged.error().code != ErrorCode::kSystem) return staged;
    if (!staged) return std::nullopt;
    slot.above = above;
    slot.is_inside = true;
    return staged;
  }

  const StageWindow& window_;
  const Job& job_;
  std::vector<Slot>& slots_;
  std::vector<std::size_t> around_;
  std::vector<std::atomic<State>> states_;  // of the actions that make directories
  std::vector<Unit> units_;
  double until_;
  std::atomic<std::size_t> next_{0};  // unit that is not taken yet
};

}  // namespace

void WindowMeter::add(const Action& action) {
  ++actions_;
  bytes_ += bytes_to_write(action);
}

Result<std::optional<Slot>> root_finish_of(const ActionStore& actions) {
  if (actions.empty()) return std::optional<Slot>();
  ActionCursor cursor(actions);
  const auto last = TRY(cursor.at(actions.size() - 1));
  if (!is_root_finish(*last)) return std::optional<Slot>();
  return std::optional(Slot{.action = *last, .seq = actions.size()});
}

Result<std::vector<Slot>> read_window(ScheduleReader& reader, const WindowLimits& limits,
                                      const std::atomic<bool>* stop) {
  std::vector<Slot> slots;
  WindowMeter meter(limits);
  slots.reserve(std::min<std::uint64_t>(reader.left(), limits.actions));
  const auto has_cleared = [&] {
    return limits.clears_apart && !slots.empty() && slots.back().action.phase == Phase::kClear &&
           !reader.is_clearing();
  };
  while (!reader.at_end() && !meter.is_full() && !has_cleared()) {
    TRY(heed(stop, "read plan"));
    const auto action = TRY(reader.next());
    meter.add(*action);
    slots.push_back({.action = *action, .seq = reader.seq()});
  }
  return slots;
}

bool is_staged(const Action& action) {
  if (action.phase != Phase::kMkdir && action.phase != Phase::kWrite) return false;
  if (action.path.is_root()) return false;
  return writes_entry(action);
}

void stage_window(const StageWindow& window) { Staging(window).run(); }

}  // namespace foldersync
