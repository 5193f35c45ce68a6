// What the threads of one planning share, and what each of them gathers.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plan/links.h"
#include "plan/plan.h"
#include "planner/doubts.h"
#include "planner/planner.h"
#include "scan/content.h"
#include "scan/walker.h"

namespace foldersync {

// What every thread of one planning reads.
struct PlanningContext {
  const PlanOptions& options;
  const Policy& policy;
  Policy reading_policy;  // the same where content decides
  const Filter& filter;
  FileStatus source_root;
  FileStatus replica_root;  // of no meaning where there is no replica yet
  CachedTree source_hashes;
  CachedTree replica_hashes;
  bool names_equal_content = true;          // see PlanRequest
  const std::atomic<bool>* stop = nullptr;  // set by others: the planning ends with kStopped
  ComparingCounts* counts = nullptr;        // see ComparedTrees
  bool compares_capabilities = false;       // likewise
  const Doubts* doubts = nullptr;           // see PlanRequest; null: none
  bool is_one_system = true;                // the root of one side can turn up inside the other
  // The policy without limits; nothing where there are none, and so nothing to be hidden by them.
  std::optional<Policy> unlimited = std::nullopt;
};

PlanningContext context_of(const ComparedTrees& trees, Remembered remembered);
// The roots, of which the walk begins.
PairToVisit pair_of(const Roots& roots);

// What was found, by one thread; in no order.
struct Findings : Noticed {
  std::vector<Action> actions;    // those that are in no run yet
  std::vector<RelPath> replaced;  // directories that become something else, of the actions
  std::vector<RelPath> doubtful;  // directories of which only links may change an entry
  std::vector<LinkedEntry> linked;
  std::vector<Problem> problems;
  std::vector<Skipped> skipped;
  std::vector<RelPath> kept;      // must stay in the replica, and so must all above them
  std::vector<RelPath> in_place;  // directories that may not be moved as a whole
  // What of the source could not be read: directories, and what may be some; and files.
  std::vector<RelPath> unread_directories;
  std::vector<SizeAndTime> unread_files;
  std::vector<ObjectId> decayed;  // files of the source that have more names than one
  std::uint64_t unchanged = 0;
  std::uint64_t source_directories = 0;  // of the source's entries

  void add_problem(Side side, RelPath path, const Error& error) {
    problems.push_back({side, std::move(path), error.error_number, error.operation});
  }
};

// Keeps the first of the two.
void note_first(std::optional<RelPath>& first, const std::optional<RelPath>& other);

// The path of a name of the pair, or of the pair itself where the name is ".".
RelPath path_of(const VisitedPair& pair, std::string_view name);

}  // namespace foldersync
