// Looking again at both trees before an action is done: does what the plan expects still hold?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apply/report.h"
#include "core/file_status.h"
#include "fs/directory_cursor.h"
#include "plan/action.h"
#include "plan/facts.h"
#include "plan/filter.h"
#include "scan/content.h"
#include "scan/roots.h"

namespace foldersync {

enum class Finding : std::uint8_t { kHolds, kAlready, kStale, kFailed };

struct LookResult {
  Finding finding = Finding::kHolds;
  std::optional<FileStatus> source;   // nothing: absent
  std::optional<FileStatus> replica;  // nothing: absent
  std::string source_target;          // where the source is a symlink
  std::optional<Facts> after;  // what to make of the replica: the plan's, or today's in a run
  std::vector<Drift> drifts;   // of kStale
  std::optional<Error> error;  // of kFailed
};

// For an action that changes an object in place: a drift where the object has more names than the
// plan knew and this run has added since, for then it is somebody else's too.
std::optional<Drift> foreign_name(const Action& action, const LookResult& look,
                                  std::uint32_t added);

// How apply looks at the trees; what its threads share and only read.
struct LookContext {
  FileSystem& fs;
  const Root& source;
  const Root& replica;
  const PlanOptions& options;
  const Policy& policy;
  const Filter& filter;
  bool follow_source = false;  // nobody reviewed the plan: mirror what the source has by now
};

// One thread's eyes. Directories of the replica that the caller owns but may not enter get u+rwx;
// they are listed in loosened() with the mode they had.
class Looker {
 public:
  struct Loosened {
    RelPath path;
    std::uint32_t mode;
  };

  Looker(const LookContext& context, std::size_t max_open, bool may_loosen);

  // Both sides against the action's `after` and `before`.
  LookResult look(const Action& action);

  // One path in one tree; nothing where it is absent.
  Result<std::optional<FileStatus>> source_status(const RelPath& path);
  Result<std::optional<FileStatus>> replica_status(const RelPath& path);

  // The directory that holds `path`, open until the next call for the same tree.
  // Requires: !path.is_root().
  Result<int> source_parent(const RelPath& path);
  Result<int> replica_parent(const RelPath& path);
  // A directory itself.
  Result<int> source_directory(const RelPath& path);
  Result<int> replica_directory(const RelPath& path);

  // Remembers, until forget_absent(), which directory of the replica was found to be missing, and
  // does not look for what lies below it again. For as long as nobody makes directories there.
  void remember_absent() { remembers_absent_ = true; }
  void forget_absent() { absent_.reset(); }

  // Gives a directory of the replica, owned by the caller, u+rwx; false where that changes nothing.
  bool loosen(int directory, const RelPath& path);
  std::vector<Loosened>& loosened() { return loosened_; }

 private:
  void look_at_source(const Action& action, LookResult& result);
  void look_at_replica(const Action& action, LookResult& result);
  bool already_holds(const Action& action, const LookResult& result, const Facts& found);
  bool has_same_content(const Action& action, const LookResult& result);
  bool is_one_object_with(const RelPath& other, const LookResult& result);
  Result<std::optional<FileStatus>> status_in(DirectoryCursor& cursor, const Root& root,
                                              const RelPath& path, bool replica);
  bool open_up(const RelPath& closed);
  Result<int> enter_replica(std::string_view path);
  bool is_excluded(const RelPath& path, bool is_directory) const;

  const LookContext& context_;
  DirectoryCursor source_;
  DirectoryCursor replica_;
  ContentJudge judge_;
  bool may_loosen_;
  bool remembers_absent_ = false;
  std::optional<RelPath> absent_;
  std::vector<Loosened> loosened_;
};

}  // namespace foldersync
