// Finishing, or taking back, what a window began, from its record and from what the disk shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apply/look/report.h"
#include "apply/stage/record.h"
#include "apply/stage/staging_area.h"
#include "apply/steps/conflicts.h"
#include "apply/steps/doomed_tree.h"
#include "apply/steps/publisher.h"
#include "apply/steps/step.h"
#include "fs/replica_access.h"
#include "scan/roots.h"

namespace foldersync {

struct ReplayContext {
  FileSystem& fs;
  const Root& replica;
  const Policy& policy;
  ApplyObserver& observer;
  LimitBook& book;
  const WindUp& wind_up;
};

// What came of a replay.
struct ReplayResult {
  std::vector<Error> errors;    // one for each action that could not be replayed
  std::uint64_t overtaken = 0;  // actions that others have made impossible: left as they are
  std::uint64_t unproven = 0;   // of metadata in place: left as it is, and told of
  std::uint64_t lacking = 0;    // of metadata that could not be set, and is told of
  bool conflicts = false;       // what others wrote was put aside
};

// What others wrote is never removed: it goes back to where it was, or into `conflict`.
// Every step looks first, so that a replay may be killed and repeated, in either direction. So it
// may be broken off: error kStopped where the context's `wind_up` is over, and whoever comes next
// goes on.
class WindowReplay {
 public:
  WindowReplay(const ReplayContext& context, StagingArea& area, const WindowRecord& record);

  // Does what is left to do of the window, but for the root: that comes with finish_root(), when
  // the staging folder is gone.
  Status forward();
  void finish_root();
  // Undoes what was done. The root's time is left to the caller.
  Status backward();
  // What was done is on disk when this is done, where the window had to be.
  Status sync();
  // Removes what the window displaced; what others have filled meanwhile, and
  // directories that can't be removed, are put aside. An error: some of it is still where it lies,
  // and only this can tell what of it is others'.
  Status purge();
  // Where the root was opened up and has not got its final mode. When the staging folder is gone.
  void close_root();
  // Removes what the killed run had staged already for the window after this one.
  Status drop_unrecorded();

  [[nodiscard]] ReplayResult result() const;

 private:
  enum class Way : std::uint8_t { kForward, kBack };

  void replay(std::size_t index, const StepKind& kind, Way way);
  void tell_lack(const RelPath& path, const Error& error);
  Result<Step> step_at(std::size_t index);
  Status count_outcome(const Step& step, const Result<Published>& done);
  Status learn();
  Status replay_all(const std::vector<std::size_t>& places, const StepKind* kind, Way way);
  template <class Which>
  std::vector<std::size_t> due(Which which) const;
  Result<int> folder(const std::string& name);
  void is_finished(const Action& finish);
  [[nodiscard]] std::vector<RelPath> paths_of(const RelPath& directory) const;
  AllOpenedUp take_open();
  void close_below_root();
  void close(AllOpenedUp open);
  Status drop_unrecorded_in(const std::string& folder_name,
                            const std::set<std::uint64_t>& recorded);

  FileSystem& fs_;
  StagingArea& area_;
  const WindowRecord& record_;
  ReplayResult result_;
  ReplicaAccess access_;
  Publisher publisher_;
  Conflicts conflicts_;
  std::optional<Deletions> deletions_;  // once it has learned
  std::vector<const Action*> moves_;
  Site site_;
  OpenedNotes* notes_;          // may be null
  AllOpenedUp noted_;           // by the killed run
  std::set<RelPath> finished_;  // directories that have got their final mode
  std::map<std::string, Fd> folders_;
  MadeAnew made_anew_;
  std::map<RelPath, FileStatus> brought_;  // directories that the window makes or moves, by path
  std::map<ObjectId, std::uint32_t> names_added_;  // to an object
  ApplyObserver& observer_;
  const WindUp& wind_up_;
};

}  // namespace foldersync
