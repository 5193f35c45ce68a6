// Makes a plan: walks both trees, compares, decides by content where that is needed, settles links,
// puts the actions in order and applies the safety rules. Changes nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "filter/filter.h"
#include "plan/facts.h"
#include "plan/held.h"
#include "plan/stored_plan.h"
#include "planner/doubts.h"
#include "scan/content.h"
#include "scan/opened_for_plan.h"
#include "scan/readable_tree.h"
#include "scan/roots.h"
#include "state/hash_cache.h"
#include "state/last_run.h"
#include "state/verify_memory.h"

namespace foldersync {

// What was compared so far.
struct ComparingCounts {
  std::atomic<std::uint64_t> entries{0};  // of both trees
  ReadingCounts read;
};

// Two trees that are compared, or the source alone.
struct ComparedTrees {
  const Roots& roots;  // what is known of them; all else is read through:
  const ReadableTree& source;
  const ReadableTree* replica;  // null: there is none
  PlanOptions options;
  Policy policy;
  const Filter& filter;
  HashCache* source_cache = nullptr;  // each side may have one of its own; null: none
  HashCache* replica_cache = nullptr;
  std::size_t threads = 1;
  const std::atomic<bool>* stop = nullptr;
  ComparingCounts* counts = nullptr;  // how far it is; null: nobody asks
};

struct PlanRequest {
  ComparedTrees trees;
  OpenedForPlan* opened = nullptr;  // of the replica's tree: closed when the plan is made
  UnreadBefore unread_before = {};
  Spooling spooling = {};
  // Of the walk, where it waits for a disk (WalkOptions); not above `threads`: never more.
  std::size_t most_threads = 0;
  // The MD5 of content that was found equal stands in the plan, and is remembered. Without it,
  // files that both have to be read are only compared, which is faster.
  bool names_equal_content = true;
  // What programs may do is compared too, without PlanOptions::xattrs: an earlier version of the
  // program may have lost it. As root.
  bool compares_capabilities = false;
  const Doubts* doubts = nullptr;  // null: none
};

// What is noticed beside the actions.
struct Noticed {
  std::vector<KnownMount> source_mounts;  // where another file system begins in the source
  std::vector<RelPath> leftovers;         // what the replica has under names of staging folders
  bool hides = false;                     // a limit of the replica's file system hides a difference
  // Of the entries of both trees, the first that has attributes which the replica can't hold;
  // where they are compared.
  std::optional<RelPath> unheld_xattrs;
  // The first symlink that was found equal by the length of its target, which nobody says.
  std::optional<RelPath> untold_target;
  std::uint64_t source_entries = 0;      // all that the walk met, but for what is left out
  std::uint64_t replica_entries = 0;     // likewise
  bool asked_for_whole_seconds = false;  // content of what times told to be unchanged
  // Of Doubts::accepted, those that would count as decayed; what of the source is held, as it is
  // now; and of Doubts::held, what was read and is sound.
  std::vector<RelPath> accepted;
  std::vector<HeldFile> held;
  std::vector<RelPath> sound_again;
};

// The mounts are in path order.
struct Planned : Noticed {
  StoredPlan plan;                  // its tool_version, plan_id and created are left to the caller
  std::vector<std::string> unread;  // directories of the source that could not be, ascending
  std::uint64_t source_files = 0;   // of its entries those that are no directories
};

// Errors: kRefused (one root inside the other), kStopped, or the root of a tree can't be read.
// Everything else that can't be read is a problem in the plan.
Result<Planned> make_plan(const PlanRequest& request);

}  // namespace foldersync
