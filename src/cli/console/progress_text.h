// How far a run is, as text. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/console/estimate.h"

namespace foldersync {

// How far it is, at one moment.
struct Progressed {
  std::uint64_t entries = 0;     // of both trees, that were compared
  std::uint64_t files_read = 0;  // to compare or verify them
  std::uint64_t bytes_read = 0;
  std::uint64_t total_actions = 0;  // 0: there is no plan yet
  std::uint64_t prepared = 0;       // actions that were looked at, and what they need is made
  std::uint64_t settled = 0;        // those of which it is known what became of them
  std::uint64_t total_bytes = 0;    // to be written
  std::uint64_t bytes = 0;          // written
  // A large file that is being copied; no path: there is none.
  std::string path = {};  // escaped
  std::uint64_t size = 0;
  std::uint64_t copied = 0;
};

// The same for an estimate, at `seconds` after the start.
Estimate::Point point_of(const Progressed& progressed, double seconds);

// "comparing, 40,211 entries", "250 of 1,000 actions, 512 B of 2.0 KiB, 51 B/s, 0:30 left", all of
// it: for a line of a log or a service manager.
std::string progress_text(const Progressed& progressed, const Estimate& estimate);

// What a terminal has room for in `columns`, the most important first: "42 %, 0:30 left, 51 B/s".
std::string progress_line(const Progressed& progressed, const Estimate& estimate,
                          std::size_t columns);

// How much of the work is done, 0 to 100; rounded down. Requires: there is a plan.
int percent_of(const Progressed& progressed);

}  // namespace foldersync
