// From options and two open folders to a plan; and what a plan asks of the folders besides.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/kept/kept_state.h"
#include "cli/values/options.h"
#include "core/file_time.h"
#include "core/result.h"
#include "filter/filter.h"
#include "planner/doubts.h"
#include "planner/planner.h"
#include "verify/verify.h"

namespace foldersync {

// How many threads work, and how many more may where a walk waits for a disk.
struct ThreadCounts {
  std::size_t usual;
  std::size_t most;
};
ThreadCounts thread_counts(const CommonOptions& options);
// The same for trees of which one may lie where each call is a journey (network, FUSE): there as
// many work as may.
ThreadCounts thread_counts(ThreadCounts counts, const Root& source, const Root* replica);

// What of the source takes part by these options.
std::string part_of(const PlanOptions& options);

// How this process mirrors onto a file system with these limits.
Policy policy_for(const FileSystemLimits& limits);
// The same for a plan with these options; `umask`: that which the program was started with.
Policy policy_for(const FileSystemLimits& limits, const PlanOptions& options, std::uint32_t umask);
// What the replica's folder is made as, where there is none yet.
NewReplica new_replica(const Root& source, const PlanOptions& options, std::uint32_t umask);

// Whether a plan names the content that was found equal (PlanRequest::names_equal_content).
enum class EqualContent : std::uint8_t { kNamed, kOnlyCompared };

// Makes one plan after another of what the options ask for.
class PlanMaker {
 public:
  // The options must outlive it. Error kUsage: their rules can't be compiled.
  static Result<PlanMaker> make(FileSystem& fs, KeptState& state, const PlanningOptions& planning,
                                ThreadCounts threads);

  // A complete plan of now, with its id and time. `left_out`: see place_own_files.
  Result<Planned> plan(const Roots& roots, const std::vector<std::string>& left_out,
                       EqualContent equal, const std::atomic<bool>& stop,
                       const UnreadBefore& unread_before = {});

  // What plan() compares is counted there from here on; it outlives each plan that is made.
  void count(ComparingCounts& counts) { counts_ = &counts; }

  // What is doubted of the source and the replica from here on, paths as bytes: it is read.
  void doubt(std::set<std::string, std::less<>> paths) { doubts_.read = std::move(paths); }

  // Reads a stretch of what a plan would be about: no faster than `pace` allows (null: no bound).
  struct Reading {
    Stretch stretch;
    Pace* pace = nullptr;
    ReadingCounts* counts = nullptr;
  };
  Result<Verified> verify(const Roots& roots, const std::vector<std::string>& left_out,
                          const Reading& reading, const std::atomic<bool>& stop);

  // How the plan is to be applied, as far as it is known.
  struct Applied {
    bool atomic = false;
    std::string backup_folder = {};  // absolute; empty: none
    // Whatever the file system says, calls have shown that it has no room for all (a quota).
    bool lacks_room = false;
  };
  // Puts deletions first where that is asked for, or where there is no room otherwise, which a
  // guard tells. An error: that of the spools, or kStopped by what plan() was given.
  Status make_room(const Roots& roots, StoredPlan& plan, const Applied& applied) const;

  // Adds the rule on free space to a plan, where it can be asked and is not switched off. An error:
  // the plan can't be read, or kStopped.
  Status add_space_guard(const Roots& roots, StoredPlan& plan) const;

 private:
  [[nodiscard]] Spooling spooling() const;
  [[nodiscard]] Policy policy_here(const Roots& roots) const;
  const Doubts* doubts_about(const Root& source);
  void advise_on_rules(const std::string& source);

  PlanMaker(FileSystem& fs, KeptState& state, const PlanningOptions& options, ThreadCounts threads)
      : fs_(fs), state_(state), options_(options), threads_(threads) {}

  FileSystem& fs_;
  KeptState& state_;
  const PlanningOptions& options_;
  ThreadCounts threads_;
  Doubts doubts_;
  Filter filter_;
  const std::atomic<bool>* stop_ = nullptr;  // that plan() was given
  ComparingCounts* counts_ = nullptr;
};

// Error kRefused where the source lacks one of these (--require).
Status check_required(const Root& source, const std::vector<std::string>& names);

// A UUID of version 7 (RFC 9562) for `now`.
std::string make_plan_id(FileTime now);

}  // namespace foldersync
