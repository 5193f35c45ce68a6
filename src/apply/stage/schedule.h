// The order in which the engine does the actions of a plan: that of the document, but with the
// phases mkdir and write as one pass in path order, so that each new directory is followed by what
// it will hold and both can be staged together; and with the phases delete and rmdir as one pass in
// reverse path order, so that each directory that goes follows what it holds, and both can go
// together.
#pragma once

#include <cstdint>
#include <span>

#include "core/result.h"
#include "plan/action_store.h"

namespace foldersync {

// How far into that order something has come: the place in the store of the next action of each
// part, whose actions come one after another.
struct SchedulePosition {
  std::uint64_t mkdir = 0;
  std::uint64_t write = 0;
  std::uint64_t undeleted = 0;  // of phase delete, which is done backwards: so many places are left
  std::uint64_t rmdir = 0;
  std::uint64_t other = 0;  // what comes before these phases, and after them

  friend bool operator==(const SchedulePosition&, const SchedulePosition&) = default;
};

class Schedule {
 public:
  // Error: the store can't be read.
  static Result<Schedule> of(const ActionStore& actions);

  [[nodiscard]] SchedulePosition start() const;
  [[nodiscard]] SchedulePosition end() const { return {write_, delete_, delete_, finish_, total_}; }
  // Where `progress` has come to after some more actions, whose numbers in the plan (from 1) are
  // `seqs`. Requires: they are the next.
  [[nodiscard]] SchedulePosition past(SchedulePosition progress,
                                      std::span<const std::uint64_t> seqs) const;

 private:
  friend class ScheduleReader;

  std::uint64_t mkdir_ = 0;  // places in the store: of the first action of phase mkdir or later,
  std::uint64_t write_ = 0;  // of phase write or later, and so on
  std::uint64_t delete_ = 0;
  std::uint64_t rmdir_ = 0;
  std::uint64_t finish_ = 0;
  std::uint64_t total_ = 0;
};

// Reads actions in that order. Requires: store and schedule outlive it.
class ScheduleReader {
 public:
  ScheduleReader(const ActionStore& actions, const Schedule& schedule, SchedulePosition from)
      : schedule_(schedule), next_(from), directories_(actions), others_(actions) {}

  [[nodiscard]] bool at_end() const { return next_ == schedule_.end(); }
  // Whether the next action is of phase clear.
  [[nodiscard]] bool is_clearing() const { return next_.other < schedule_.mkdir_; }
  // How many actions are left.
  [[nodiscard]] std::uint64_t left() const;
  // The next action, which stays until the next call. Requires: !at_end().
  Result<const Action*> next();
  // The number of that action in the plan, from 1.
  [[nodiscard]] std::uint64_t seq() const { return seq_; }

 private:
  struct Choice {
    Result<const Action*> action;
    std::uint64_t place;
  };

  Choice choose();
  Choice make_or_write();
  Choice remove();

  const Schedule& schedule_;
  SchedulePosition next_;
  ActionCursor directories_;
  ActionCursor others_;
  std::uint64_t seq_ = 0;
};

}  // namespace foldersync
