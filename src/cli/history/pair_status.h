// Whether all is well with a pair, by what the history knows of it. Pure.
#pragma once

#include <optional>
#include <vector>

#include "cli/history/attempt_record.h"

namespace foldersync {

struct PairStatus {
  const KnownPair* pair;
  const Attempt* last = nullptr;     // that is over, the newest; null: there is none
  const Attempt* running = nullptr;  // the newest that is under way; null: there is none
  Standing standing{};
  std::optional<double> interval = {};  // of a loop that is running, or should be
  std::optional<FileTime> next = {};    // likewise: when it begins the next attempt
  bool has_failed = false;              // the last one
  bool is_overdue = false;              // a loop should have begun the next one by now
  bool is_too_old = false;              // the last success was too long ago

  [[nodiscard]] bool is_well() const { return !has_failed && !is_overdue && !is_too_old; }
};

// `max_age`, in seconds: how long ago the last success may be. What it points to must outlive it.
PairStatus status_of(const KnownPair& pair, FileTime now, std::optional<double> max_age);

}  // namespace foldersync
