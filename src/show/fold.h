// Whole folders in place of all that is in them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "plan/action_stream.h"

namespace foldersync {

// An action, and how much goes or comes with it.
struct Folded {
  Action action;
  std::uint64_t entries = 1;  // itself and what is in it
  std::uint64_t bytes = 0;    // of all of these: that are deleted, or have to be written

  // Whether it stands for more than itself.
  [[nodiscard]] bool has_more() const { return entries > 1; }
};

// What is told as whole folders.
enum class Folds : std::uint8_t { kAll, kDeletions };

// Calls visit(folded) in path order, for
// - each directory that is deleted, and all in it (that nothing keeps);
// - each entry that becomes something else than a directory, and all that it held (`entries` and
//   `bytes` are what is deleted for it);
// - with Folds::kAll each directory that is created, not the root, and all that is created in it;
// - every other action: what is moved or taken over stands for itself, wherever it goes.
// What only dates directories, and the end of those that are created, are left out. Memory: one
// of these. Errors: those of the source, and what `visit` returns.
Status for_each_folded(const ActionSource& actions, Folds folds,
                       const std::function<Status(const Folded&)>& visit);

// "delete oldsite/ and all in it: 18,069 entries, 77.5 MiB"; the action's own line where it stands
// for itself.
std::string folded_line(const Folded& folded);
// The end of that line: " and all in it: 18,069 entries, 77.5 MiB"; empty where there is no more.
std::string folded_words(const Folded& folded);

// Whether it is told among the deletions: it deletes, or much goes for it.
bool is_deletion(const Folded& folded);

}  // namespace foldersync
