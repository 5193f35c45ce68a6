// Finishing, or taking back, what a window began, from its record and from what the disk shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apply/doomed_tree.h"
#include "apply/metadata_replay.h"
#include "apply/move_replay.h"
#include "apply/publisher.h"
#include "apply/record.h"
#include "apply/replica_access.h"
#include "apply/staging_area.h"

namespace foldersync {

// What others wrote is never removed: it goes back to where it was, or into `conflict`.
// Every step looks first, so that a replay may be killed and repeated, in either direction.
class WindowReplay {
 public:
  WindowReplay(const ReplayContext& context, StagingArea& area, const WindowRecord& record);

  // Does what is left to do of the window, but for the root: that comes with finish_root(), when
  // the staging folder is gone.
  void forward();
  void finish_root() { metadata_.finish_root(); }
  // Undoes what was done. The root's time is left to the caller.
  void backward();
  // Removes what the window displaced; what others have filled meanwhile, and
  // directories that can't be removed, are put aside. An error: some of it is still where it lies,
  // and only this can tell what of it is others'.
  Status purge();
  // Removes what the killed run had staged already for the window after this one.
  void drop_unrecorded();

  [[nodiscard]] const ReplayResult& result() const { return result_; }

 private:
  struct Step {
    const Action& action;
    const ActionRecord& record;
    StagedPlace staged;               // where its object was staged, or what it displaced lies
    std::optional<FileStatus> there;  // what has that name now
  };

  template <class Do>
  void each(bool backwards, Do act);
  DoomedTree tree_of(const Step& step);
  Status locate(Step& step, std::size_t index);
  Status settle_old_name(Step& step);
  Result<int> folder(const std::string& name);
  Result<Place> target(const RelPath& path);
  Result<std::optional<FileStatus>> at(const Place& place);

  Status forward_rename(Step& step);
  Status forward_staged(Step& step);
  Status forward_link(Step& step);
  Status forward_delete(Step& step);
  Status backward_rename(Step& step);
  Status take_back(Step& step, const FileStatus& ours);
  Status exchange_back(Step& step, const FileStatus& ours);
  Status bring_back(Step& step);
  Status keep_if_foreign(const Step& step, const Place& out, const FileStatus& ours);
  Status make_again(const RelPath& path);
  Status give_back(Step& step);
  Status publish(Step& step);
  Status note(Step& step, const Result<Published>& published);
  Status put_aside(const Place& foreign);
  void drop_unrecorded_in(const std::string& folder_name, const std::set<std::uint64_t>& recorded);

  FileSystem& fs_;
  StagingArea& area_;
  const WindowRecord& record_;
  ReplayResult result_;
  ReplicaAccess access_;
  MetadataReplay metadata_;
  Publisher publisher_;
  MoveReplay moves_;
  std::map<std::string, Fd> folders_;
  std::vector<std::size_t> deletions_;  // that are due, by index, in path order
};

}  // namespace foldersync
