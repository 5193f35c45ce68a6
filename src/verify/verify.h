// Reading all of two trees, or of one, and telling change from decay. Changes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/path.h"
#include "core/result.h"
#include "core/words.h"
#include "planner/planner.h"
#include "scan/content.h"
#include "state/verify_memory.h"
#include "verify/stretch.h"

namespace foldersync {

// What a difference is. docs/verify.md says how each is known.
enum class Mismatch : std::uint8_t {
  kEdited,      // other content, another entry, or none, and times or memory say it was changed
  kTouched,     // the same content, and other metadata
  kDecayed,     // other content than remembered, though nothing says that it was changed
  kUnreadable,  // it can't be read: what a file system that checks what it holds says of decay
  kUnknown,     // other content and the same times, and of one side nothing is remembered
};
inline constexpr std::array kMismatchWords{
    Worded{Mismatch::kEdited, "edited"}, Worded{Mismatch::kTouched, "touched"},
    Worded{Mismatch::kDecayed, "decayed"}, Worded{Mismatch::kUnreadable, "unreadable"},
    Worded{Mismatch::kUnknown, "unknown"}};
inline constexpr auto kMismatches = values_of(kMismatchWords);
constexpr const char* to_string(Mismatch mismatch) { return word_of(kMismatchWords, mismatch); }

// Which tree a finding is about. Both: it is a difference of the two.
enum class Sides : std::uint8_t { kSource, kReplica, kBoth };
inline constexpr std::array kSidesWords{Worded{Sides::kSource, "source"},
                                        Worded{Sides::kReplica, "replica"},
                                        Worded{Sides::kBoth, "both"}};
constexpr const char* to_string(Sides sides) { return word_of(kSidesWords, sides); }

struct VerifyFinding {
  RelPath path;
  Sides sides = Sides::kBoth;
  Mismatch what = Mismatch::kEdited;
  std::string detail;     // words: what differs, or why it can't be read
  bool is_alone = false;  // the other tree lacks the name
  // Only reading can tell it: a run that does not read the file takes it for unchanged.
  bool is_hidden = false;
};

// By the options: which entries take part; by the policy: which metadata counts. Without a replica
// the source is held against what is remembered of it.
struct VerifyRequest {
  ComparedTrees trees;
  Stretch stretch = {};           // which part of the trees
  Pace* pace = nullptr;           // how fast is read, of both together; null: no bound
  ReadingCounts* read = nullptr;  // what was read so far; null: nobody asks
};

// As the memory knows them.
inline VerifiedTrees trees_of(const Roots& roots) {
  return {roots.source.identity, roots.replica ? roots.replica->identity : std::string()};
}

struct Verified {
  // Where the next verification goes on: the stretch ended, or it was told to stop; nothing: all
  // that is behind the beginning is done.
  std::optional<TreePosition> next;
  bool is_stopped = false;                    // it was told to
  std::vector<RelPath> unread;                // directories of either tree that could not be listed
  std::vector<VerifyFinding> findings;        // by path
  std::uint64_t files = 0;                    // that were read, of both sides
  std::uint64_t not_remembered = 0;           // of these: nothing was remembered of them
  std::uint64_t bytes = 0;                    // of these
  std::uint64_t bytes_perhaps_of_memory = 0;  // of these: it can't be told that the disk was asked
};

// Errors: kRefused (one root inside the other); a root can't be read. Whatever else can't be read
// is a finding.
Result<Verified> verify(const VerifyRequest& request);

}  // namespace foldersync
