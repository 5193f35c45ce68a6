// Sorting more actions than memory holds: in runs, which are merged in the end. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/result.h"
#include "plan/action.h"
#include "plan/action_store.h"
#include "plan/spool.h"

namespace foldersync {

// Sorted pieces of a sequence, one behind the other in a store.
class ActionRuns {
 public:
  explicit ActionRuns(Spooling spooling) : store_(std::move(spooling)) {}

  // Sorts `actions` and takes them away.
  Status take(std::vector<Action>& actions);

  [[nodiscard]] const ActionStore& store() const { return store_; }
  // Places in the store: where each run ends.
  [[nodiscard]] const std::vector<std::uint64_t>& ends() const { return ends_; }

 private:
  ActionStore store_;
  std::vector<std::uint64_t> ends_;
};

// The actions of all runs in the order of a plan. Memory: one block of each run.
class ActionMerge {
 public:
  // Requires: `runs` outlive it; called before next().
  void add(const ActionRuns& runs);

  // The next action, which stays until the next call; null: there is none any more.
  Result<const Action*> next();

 private:
  struct Source {
    ActionCursor cursor;
    std::uint64_t next;
    std::uint64_t end;
    const Action* first = nullptr;  // of those that are left
  };

  Status advance(std::size_t source);
  [[nodiscard]] bool comes_later(std::size_t a, std::size_t b) const;

  std::vector<Source> sources_;
  std::vector<std::size_t> heap_;  // of sources, the one whose action is next at the front
  bool begun_ = false;
  std::optional<std::size_t> given_;  // the source of the last action that was handed out
};

}  // namespace foldersync
