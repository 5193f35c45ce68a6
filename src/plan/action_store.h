// The actions of a plan, however many: encoded, in memory while they are few, in a spool beyond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "core/result.h"
#include "plan/action.h"
#include "plan/spool.h"

namespace foldersync {

// Actions in the order in which they were appended. Memory: 16 bytes for each 4 KiB of encoded
// actions, besides `Spooling::memory_bytes`. One thread appends; any number read, when nobody does.
class ActionStore {
 public:
  // Without a spool: all are held in memory.
  ActionStore() = default;
  explicit ActionStore(Spooling spooling) : spooling_(std::move(spooling)) {}

  // Errors: those of the spool and of `Spooling::heed`, after which the store is of no use.
  Status append(const Action& action);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // Of all of them together; the largest number there is where that is less.
  [[nodiscard]] std::uint64_t bytes_to_write() const { return bytes_to_write_; }
  [[nodiscard]] LaterUses later_uses() const { return later_uses_; }

  // Actions that stand together.
  struct Block {
    std::uint64_t first = 0;  // index of the first
    std::vector<Action> actions;
  };
  // The block that holds the action `index`, as far as it is filled; kSystem: it can't be read.
  // Requires: index < size().
  [[nodiscard]] Result<Block> block_of(std::uint64_t index) const;

 private:
  struct BlockPlace {
    std::uint64_t first;   // index of its first action
    std::uint64_t offset;  // of its first byte in the spool
  };

  Status seal();
  Status move_out();
  [[nodiscard]] Result<std::string> bytes_of(std::size_t place) const;

  Spooling spooling_;
  std::unique_ptr<Spool> spool_;
  std::vector<BlockPlace> places_;  // of the full blocks
  std::vector<std::string> kept_;   // their bytes, as long as there is no spool
  std::uint64_t sealed_bytes_ = 0;  // of all full blocks
  std::string open_;                // the block that is being filled
  std::uint64_t open_first_ = 0;
  std::string last_path_;  // of the action before, where the block has one
  std::uint64_t size_ = 0;
  std::uint64_t bytes_to_write_ = 0;
  LaterUses later_uses_;  // of all actions
};

// Reads a store at any place, quickly where places are near each other; holds one block decoded.
// Requires: the store outlives it.
class ActionCursor {
 public:
  explicit ActionCursor(const ActionStore& store) : store_(&store) {}

  // The action `index`; it stays until the next call. Requires: index < store.size().
  Result<const Action*> at(std::uint64_t index);

 private:
  const ActionStore* store_;
  ActionStore::Block block_;
};

// Calls act(action, seq) for each action of [begin, end) in order; `seq` counts from 1. Ends early
// where `act` returns a Status that is an error, which is the answer then.
template <class Act>
Status for_each_action(const ActionStore& store, std::uint64_t begin, std::uint64_t end, Act act) {
  ActionCursor cursor(store);
  for (std::uint64_t index = begin; index < end; ++index) {
    const auto action = TRY(cursor.at(index));
    if constexpr (std::is_void_v<std::invoke_result_t<Act&, const Action&, std::uint64_t>>) {
      act(*action, index + 1);
    } else {
      TRY(act(*action, index + 1));
    }
  }
  return success();
}

// The same for all of them.
template <class Act>
Status for_each_action(const ActionStore& store, Act act) {
  return for_each_action(store, 0, store.size(), std::move(act));
}

}  // namespace foldersync
