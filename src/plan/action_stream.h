// The actions of a plan one after the other, wherever they are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/result.h"
#include "plan/action.h"
#include "plan/action_store.h"

namespace foldersync {

// Each call gives the next action, in the plan's order, and null after the last one. What it points
// to lives until the next call.
using ActionStream = std::function<Result<const Action*>()>;

// The actions of a list, which must outlive the stream.
inline ActionStream stream_of(const std::vector<Action>& actions) {
  return [&actions, at = std::size_t{0}]() mutable -> Result<const Action*> {
    return at < actions.size() ? &actions[at++] : nullptr;
  };
}

// The actions of a store, likewise. Errors: those of its spool.
inline ActionStream stream_of(const ActionStore& actions) {
  return [&actions, cursor = ActionCursor(actions),
          at = std::uint64_t{0}]() mutable -> Result<const Action*> {
    if (at == actions.size()) return nullptr;
    return cursor.at(at++);
  };
}

// Gives any action by its index, quickly where indices are near each other. What it points to lives
// until the next call.
using ActionReader = std::function<Result<const Action*>(std::uint64_t index)>;

// The actions of a plan for whoever reads them more than once, or in another order.
struct ActionSource {
  std::uint64_t size = 0;
  std::function<ActionReader()> reader;  // each call begins another reading
};

// Those of a list or a store, which must outlive all readers.
inline ActionSource source_of(const std::vector<Action>& actions) {
  return {actions.size(), [&actions]() -> ActionReader {
            return [&actions](std::uint64_t index) -> Result<const Action*> {
              return &actions[index];
            };
          }};
}
inline ActionSource source_of(const ActionStore& actions) {
  return {actions.size(), [&actions]() -> ActionReader {
            return [cursor = ActionCursor(actions)](std::uint64_t index) mutable {
              return cursor.at(index);
            };
          }};
}
inline ActionStream stream_of(const ActionSource& source) {
  return [read = source.reader(), size = source.size,
          at = std::uint64_t{0}]() mutable -> Result<const Action*> {
    if (at == size) return nullptr;
    return read(at++);
  };
}

// Calls visit(action), which gives a Status, for each action. Ends at the first error.
template <class Visit>
Status for_each(const ActionStream& next, Visit visit) {
  for (;;) {
    const Action* action = TRY(next());
    if (action == nullptr) return success();
    TRY(visit(*action));
  }
}

}  // namespace foldersync
