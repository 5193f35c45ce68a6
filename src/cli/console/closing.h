// What a terminal is told when a cycle has come to its end: what was done, what went wrong, and
// what to do now. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "show/render.h"

namespace foldersync {

enum class Level : std::uint8_t { kInfo, kWarning, kError };

// How many actions and problems a terminal lists: what a person can read as it comes.
inline constexpr std::uint64_t kMostListed = 100;

// Why something was not done, how often, and one of the paths, escaped.
struct Cause {
  std::string why;
  std::uint64_t count = 0;
  std::string example;
};

// What went wrong, by its causes. However much does, it keeps a few hundred texts at most.
class Causes {
 public:
  // `path` is escaped.
  void add(const std::string& why, std::string path);

  // The most frequent ones first; what is beyond all bounds comes last, as one.
  [[nodiscard]] std::vector<Cause> sorted() const;
  [[nodiscard]] bool empty() const { return causes_.empty(); }

 private:
  std::map<std::string, Cause> causes_;
  Cause rest_;
};

// What a person may do now: to what end, and the command, if it is one. A command has a line of its
// own, which is never cut or broken, so that it can be copied.
struct NextStep {
  std::string why;
  std::string command = {};
};

struct Closing {
  Level level = Level::kInfo;
  std::string summary;  // one line
  // What has lines of its own where there is no closing block, since that says it, too.
  std::vector<std::string> warnings = {};
  std::vector<std::string> notes = {};
  // From here on it is in the block alone.
  std::string failed = {};  // "exit 3, some of it failed", above the causes; empty: all is well
  std::vector<Cause> causes = {};
  std::vector<NextStep> next = {};
};

// Lines of at most `columns`, but for commands, and words that are longer; with their ends.
std::string closing_block(const Closing& closing, std::size_t columns, Colour colour);

// `path`, bytes, as a word of a command in a shell: nothing in it means anything there, or to a
// terminal.
std::string shell_word(const std::string& path);

}  // namespace foldersync
