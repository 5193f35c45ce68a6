// Looking again at both trees before an action is done: does what the plan expects still hold?
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/look/replica_names.h"
#include "apply/look/report.h"
#include "core/file_status.h"
#include "filter/filter.h"
#include "fs/file_system.h"
#include "fs/place.h"
#include "fs/replica_access.h"
#include "plan/action.h"
#include "plan/facts.h"
#include "scan/content.h"
#include "scan/readable_tree.h"
#include "scan/roots.h"

namespace foldersync {

enum class Finding : std::uint8_t { kHolds, kAlready, kStale, kFailed };

struct LookResult {
  Finding finding = Finding::kHolds;
  std::optional<FileStatus> source;  // nothing: absent
  FileStatus wanted;  // what as_wanted() makes of the source's, where `after` is there
  std::optional<FileStatus> replica;  // nothing: absent; of a move: what is at `from`
  std::string source_target;          // where the source is a symlink
  std::optional<Facts> after;  // what to make of the replica: the plan's, or today's in a run
  std::vector<Drift> drifts;   // of kStale
  std::optional<Error> error;  // of kFailed
  bool keeps_metadata = true;  // of what is in its place, as far as that is not mirrored
  bool keeps_content = false;  // what is to be made anew has the content of the replica's file
};

// What a look comes to.
void fail(LookResult& result, Error error);
void stale(LookResult& result, Drift drift);
// Of something that is there, or is not. Types by their names, or "absent".
Drift presence(Side side, const char* expected, const char* found);

// How apply looks at the trees; what its threads share and only read.
struct LookContext {
  const ReadableTree& source;
  std::optional<FileStatus> source_root;  // must not turn up in the replica: see other_root()
  const Root& replica;
  const PlanOptions& options;
  const Policy& policy;
  const Filter& filter;
  bool follow_source = false;  // nobody reviewed the plan: mirror what the source has by now
  bool is_undo = false;  // the source is a backup's tree, and metadata comes from the document
  const std::atomic<bool>* stop = nullptr;  // set by others: what is read ends with kStopped
  // Where the plan is a document, which anybody may have written; null where it was made just now.
  ReplicaNames* names = nullptr;
  std::string staging_name = std::string(kStagingName);  // of the root's staging folder
};

// One thread's eyes.
class Looker {
 public:
  Looker(const LookContext& context, std::size_t max_open, bool may_open_up);

  // Both sides against the action's `after` and `before`.
  LookResult look(const Action& action);
  // Of a move that was looked at and holds: whether source and replica hold the same, as far as the
  // planner has not found that just now, and whether all of a directory may be moved. Otherwise the
  // result says so.
  void compare_moved(const Action& action, LookResult& result);

  // Of an action that takes a file over (see plan/action.h) and was looked at: that file, where it
  // is still what the source has at the action's path, as far as a look tells, and the source wants
  // something else where it is. Nothing otherwise, also where it can't be seen.
  std::optional<FileStatus> file_to_take_over(const Action& action, const LookResult& result);
  // Whether one more name of that file, `place`, has the attributes and, as far as the
  // planner has not found that just now, the content of the source's.
  bool is_like_source(const Action& action, const LookResult& result, const Place& place,
                      const FileStatus& status);

  // Of a link in a document, to a file that this run has neither found nor made: that file, where
  // it is what the plan says and, where its owner does not tell whose it is, has the content of the
  // source's. Nothing otherwise, also where it can't be read.
  std::optional<FileStatus> leader_like_source(const Action& action, const LookResult& look);

  // What as_wanted() makes of the source's status; and whether something of the replica's stays.
  // Requires: both sides were looked at, as far as they are there.
  FileStatus wanted_of(const Action& action, LookResult& result);

  // For an action that changes in place what is no directory, and was looked at: a drift where that
  // has more names than the plan knew and this run has added since, or, where the plan is a
  // document, than the replica has. For then it is somebody else's too.
  std::optional<Drift> name_outside(const Action& action, const LookResult& look,
                                    std::uint32_t added);

  // Where the plan names the content (--pin): a drift where the source's file holds other bytes.
  // Reads it all; what can't be read is no drift. `look` is what look() said.
  std::optional<Drift> pinned_drift(const Action& action, const LookResult& look);

  // One path in one tree; nothing where it is absent.
  Result<std::optional<FileStatus>> source_status(const RelPath& path);
  Result<std::optional<FileStatus>> replica_status(const RelPath& path);

  // The directory that holds `path`, valid until the next call for the same tree.
  // Requires: !path.is_root().
  Result<ReadableDirectory*> source_parent(const RelPath& path);
  Result<int> replica_parent(const RelPath& path);
  // A directory itself.
  Result<ReadableDirectory*> source_directory(const RelPath& path);
  Result<int> replica_directory(const RelPath& path);

  // The replica alone.
  ReplicaAccess& replica() { return replica_; }

  // From now on directories that were found to be missing, in either tree, are not looked for
  // again.
  void remember_absent() {
    absent_in_source_.remember();
    replica_.absent().remember();
  }

 private:
  Status read_target(const Action& action, LookResult& result);
  static bool is_more_than_held(const Facts& after, const Facts& today);
  [[nodiscard]] bool is_given_by_others(const Facts& after, const Facts& today) const;
  static void leave_to_leader(Facts& after, Facts& today);
  [[nodiscard]] bool gives_all(const FileStatus& source) const;
  std::optional<FileStatus> handing_down(const RelPath& path);
  bool may_be_exchanged(const RelPath& path, const FileStatus& there);
  void look_at_source(const Action& action, LookResult& result);
  bool look_at_link(const Action& action, LookResult& result);
  void look_at_backup(const Action& action, LookResult& result);
  void look_at_replica(const Action& action, LookResult& result);
  Result<Facts> replica_facts(const Action& action, const FileStatus& status);
  void tell_of_replica(const Action& action, LookResult& result);
  void look_at_move(const Action& action, LookResult& result);
  void look_at_origin(const Action& action, LookResult& result);
  Result<std::string> replica_target(const RelPath& path, const FileStatus& status);
  void compare_directories(const Action& action, LookResult& result);
  bool already_holds(const Action& action, const LookResult& result, const Facts& found);
  bool has_same_content(const Action& action, const LookResult& result);
  bool has_only_its_names(const LookResult& result);
  bool is_one_object_with(const RelPath& other, const LookResult& result);
  bool is_excluded(const RelPath& path, bool is_directory) const;
  bool may_go_from(const RelPath& path, const FileStatus& file);

  const LookContext& context_;
  FileSystem& fs_;  // the replica's
  std::unique_ptr<TreeReader> source_;
  AbsentBranch absent_in_source_;
  std::optional<FileStatus> own_folder_;  // the staging folder, which no action is about
  ReplicaAccess replica_;
  ContentJudge judge_;
};

}  // namespace foldersync
