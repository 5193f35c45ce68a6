// What the history knows of an attempt: one line when it begins, and one when it has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/history/run_outcome.h"
#include "cli/values/fields.h"
#include "core/file_time.h"
#include "state/history.h"

namespace foldersync {

// What attempts came to, up to some moment.
struct Standing {
  std::uint64_t failures = 0;             // in a row, up to the last one
  std::optional<FileTime> failing_since;  // when the first of them began; 0 failures: nothing
  std::optional<FileTime> last_success;   // when it ended

  friend bool operator==(const Standing&, const Standing&) = default;
};

// Of a loop: when it means to begin the next one.
struct NextStart {
  FileTime at;
  double slack_seconds = 0;  // how much later that may be, as the loop was told
};

struct AttemptEnd {
  FileTime at;
  double seconds = 0;
  RunOutcome outcome;
  std::optional<NextStart> next = std::nullopt;
};

struct Attempt {
  std::string id;       // of its own
  std::string command;  // "run", "apply"
  std::string job;      // empty: none
  std::string source;   // absolute; bytes
  std::string replica;
  FileTime started;
  std::optional<double> interval;  // of a loop
  std::optional<AttemptEnd> end = std::nullopt;
  bool is_held = false;  // it has not ended, and its process lives
  Standing standing{};   // when it had ended; or else before it

  // It ended by itself, with 0.
  [[nodiscard]] bool has_succeeded() const {
    return end && end->outcome.exit_code == ExitCode::kDone;
  }
  // It has not, and its process is gone.
  [[nodiscard]] bool was_killed() const { return !end && !is_held; }
};

// The standing after an attempt that is over. Requires: it is.
Standing after(const Standing& before, const Attempt& attempt);

std::string line_of(const Attempt& attempt);
// Nothing where `line` is none of an attempt.
std::optional<Attempt> attempt_in(std::string_view line);
// The line of a loop that was told to stop: none of its attempts is due any more.
std::string loop_end_line(const std::string& source, const std::string& replica, FileTime at);

// What is known of a pair, the oldest attempt first.
struct KnownPair {
  std::string name;  // of its files
  std::string source;
  std::string replica;
  std::vector<Attempt> attempts;            // at least one
  bool has_loop = false;                    // one lives now
  std::optional<FileTime> loop_ended = {};  // the last one, after its last attempt, as it was told

  [[nodiscard]] const Attempt& last() const { return attempts.back(); }
  // After all that are over.
  [[nodiscard]] Standing standing() const;
};

// By source and replica. Lines that say nothing are passed over.
std::vector<KnownPair> pairs_in(const std::vector<HistoryOfPair>& history);

// The standing before this attempt, as the last lines of a history tell it of its pair.
Standing standing_before(const Attempt& attempt, const std::vector<std::string>& lines);

}  // namespace foldersync
