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

#include "filter/filter.h"
#include "plan/facts.h"
#include "plan/held.h"
#include "plan/links.h"
#include "plan/plan.h"
#include "planner/doubts.h"
#include "scan/content.h"
#include "scan/walker.h"
#include "state/last_run.h"
#include "state/verify_memory.h"

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
  bool compares_capabilities = false;       // likewise
  const Doubts* doubts = nullptr;           // see PlanRequest; null: none
  bool is_one_system = true;                // the root of one side can turn up inside the other
  // The policy without limits; nothing where there are none, and so nothing to be hidden by them.
  std::optional<Policy> unlimited = std::nullopt;
};

// What was found, by one thread; in no order.
struct Findings {
  std::vector<Action> actions;    // those that are in no run yet
  std::vector<RelPath> replaced;  // directories that become something else, of the actions
  std::vector<RelPath> doubtful;  // directories of which only links may change an entry
  std::vector<LinkedEntry> linked;
  std::vector<Problem> problems;
  std::vector<Skipped> skipped;
  std::vector<RelPath> kept;              // must stay in the replica, and so must all above them
  std::vector<KnownMount> source_mounts;  // where another file system begins in the source
  // What of the source could not be read: directories, and what may be some; and files.
  std::vector<RelPath> unread_directories;
  std::vector<SizeAndTime> unread_files;
  std::vector<RelPath> leftovers;  // what the replica has under names of staging folders
  bool hides = false;              // a limit of the replica's file system hides a difference
  // The first that has attributes which the replica can't hold, where they are compared.
  std::optional<RelPath> unheld_xattrs;
  // The first symlink that was found equal by the length of its target, which nobody says.
  std::optional<RelPath> untold_target;
  bool asked_for_whole_seconds = false;  // see Planned
  std::vector<ObjectId> decayed;         // files of the source that have more names than one
  std::vector<RelPath> accepted;         // see Planned, as the next two
  std::vector<HeldFile> held;
  std::vector<RelPath> sound_again;
  std::uint64_t unchanged = 0;
  std::uint64_t replica_entries = 0;     // all that the walk met, but for what is excluded
  std::uint64_t source_entries = 0;      // likewise
  std::uint64_t source_directories = 0;  // of these

  void add_problem(Side side, RelPath path, const Error& error) {
    problems.push_back({side, std::move(path), error.error_number, error.operation});
  }
};

// Keeps the first of the two.
void note_first(std::optional<RelPath>& first, const std::optional<RelPath>& other);

// The path of a name of the pair, or of the pair itself where the name is ".".
RelPath path_of(const VisitedPair& pair, std::string_view name);

}  // namespace foldersync
