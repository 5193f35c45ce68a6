// What a plan does, in a few lists: what a person reads first, and as much of it as there is room
// for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plan/action_stream.h"
#include "show/fold.h"
#include "show/render.h"

namespace foldersync {

// A line, and how many actions it is about.
struct PartLine {
  std::string text;
  Tone tone = Tone::kPlain;
  std::uint64_t weight = 0;  // the heavier, the further up
  std::uint64_t number = 0;  // in the order of being added
  std::uint64_t entries = 1;
};

// One of the lists: its heaviest lines.
class Part {
 public:
  Part(const char* title, std::size_t most) : title_(title), most_(most) {}

  // `line.number` is given here.
  void add(PartLine line, std::uint64_t bytes);
  // No more will be added. `more`: what stands in the title behind the counts.
  void finish(const std::string& more = {});

  // "Deletions (203, 19.4 KiB)".
  [[nodiscard]] std::string title() const;
  [[nodiscard]] std::uint64_t count() const { return count_; }      // of lines
  [[nodiscard]] std::uint64_t entries() const { return entries_; }  // of actions
  // The heaviest, at most `most` of them.
  [[nodiscard]] const std::vector<PartLine>& lines() const { return lines_; }

 private:
  const char* title_;
  std::size_t most_;
  std::vector<PartLine> lines_;  // a heap until finish(), its last one first
  std::string more_;
  std::uint64_t count_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

// Deletions, of which those of the most entries come first; what is to be looked at twice
// (caution.h); the largest writes; the other changes. Whole folders where all in them goes or comes
// (fold.h).
struct Parts {
  std::array<Part, 4> all;
  bool dates = false;  // whether anything only dates directories
};

// Memory: `most` lines of each. Errors: those of the source.
Result<Parts> parts_of(const ActionSource& actions, std::size_t most);

}  // namespace foldersync
