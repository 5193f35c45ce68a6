// Doing the actions of a window that change what others see: looks, does their steps, and tells
// what came of them. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apply/recovery/nested_areas.h"
#include "apply/stage/barrier.h"
#include "apply/stage/job.h"
#include "apply/stage/staged_trees.h"
#include "apply/steps/doomed_tree.h"
#include "apply/steps/outcomes.h"
#include "apply/steps/purge.h"
#include "apply/steps/step.h"

namespace foldersync {

// What was found at the last look, and what came of a change in place.
struct InPlace {
  LookResult look;
  std::optional<Result<Published>> done = {};  // nothing: left alone
  Changed changed = {};
};

class Committer {
 public:
  // `folder` is this thread's own staging subfolder.
  Committer(const Job& job, Fd folder, Conflicts& conflicts);

  // Each action, but metadata and finish, after what was found and made for it. Once more it is
  // looked at before it is done, and what is found must be what was found then.
  void commit(Slot& slot, const StagedWindow& staging);
  // A directory with all that is deleted in it, by one rename. False: nothing was done, each action
  // is to be done by itself. Requires: `range` is of doomed_ranges(), and the window has a record.
  bool take_tree(const std::vector<Slot>& slots, DoomedRange range);
  // An action of op kMetadata on an entry that is no directory. Any thread, with a looker of its
  // own, while no other function is called.
  InPlace change_in_place(const Slot& slot, Looker& looker) const;
  // What that did, in the order of the window; nothing: it was not tried.
  void tell_in_place(const Slot& slot, const std::optional<InPlace>& done);
  // Actions of phase kFinish. The root's comes when the staging folder is gone, which changes its
  // time.
  void finish(const Slot& slot);

  // Reports what would hinder the action, or that nothing would; changes nothing. `comes_later`:
  // what it works on is made by an earlier action.
  void tell_only(const Slot& slot, bool comes_later);

  // What is to be done before anything displaced is removed; where it fails, nothing is.
  void before_purging(std::function<Status()> keep) { keep_ = std::move(keep); }
  // Removes the staging folders that the window needed below the root, with what it displaced
  // there; before the directories get their times.
  Status purge_nested();
  [[nodiscard]] const NestedAreas& nested() const { return nested_; }
  // Removes what the window displaced. What can't be removed goes with the staging folder. False:
  // it was told to stop, and that would have taken long. An error: it can't be told whether
  // something of others is there; it stays, and needs the record.
  Result<bool> purge();
  // What was displaced stays where it is: the window is taken back.
  void forget_displaced();
  // What changed since the last call.
  Touched take_touched() { return std::exchange(touched_, {}); }

  // Finds out, while there is a staging folder, whether the root's time can be held.
  void learn_root_mtime();
  // Gives directories that were opened up for their owner the mode back that nothing else gives.
  // The job's lookers are those of the other threads, which have ended.
  void tighten();

  void skip(const Slot& slot) { outcomes_.skip(slot); }
  ReplicaAccess& replica() { return looker_.replica(); }
  // Whether a staging folder below the root could not be removed.
  [[nodiscard]] bool leaves_nested() const { return leaves_nested_; }

 private:
  Result<StagedPlace> place_of(const Slot& slot, const StagedWindow& staging);
  bool is_reported(const Slot& slot);
  bool holds_again(const Slot& slot, const LookResult& look);
  bool perform(const Slot& slot, Step step, const LookResult& look);
  Result<Published> forward(Step& step);
  void perform_near(const Slot& slot, Step step, const LookResult& look);
  Result<Staged> stage_near(const Slot& slot, const LookResult& look, const Place& place);
  void copy_and_remove(const Slot& slot, const LookResult& look);
  Result<int> folder_near(const RelPath& path);

  bool report_published(const Slot& slot, const Step& step, const Result<Published>& done,
                        const Staged& made);
  void report_move(const Slot& slot, Step& step, const Result<Published>& moved,
                   const LookResult& look);
  void report_in_place(const Slot& slot, const Result<Published>& done, const Changed& changed,
                       const FileStatus& wanted);
  void fail_staging(const Slot& slot, const Error& error, const std::optional<Drift>& drift);
  void stale_by_now(const Slot& slot);
  void tell_foreign(const Slot& slot);
  Error put_aside(const Place& stranded);
  [[nodiscard]] std::uint32_t names_added(const Slot& slot) const;
  void learn_from(const FileStatus& found, const FileStatus& wanted);
  Result<bool> discard(const std::vector<Discarded>& gone, const std::vector<DoomedTree>& trees);

  const Job& job_;
  FileSystem& fs_;
  Looker looker_;
  Stager stager_;
  Publisher publisher_;
  Conflicts& conflicts_;
  Site site_;
  Outcomes outcomes_;
  Fd folder_;
  std::vector<Discarded> displaced_;
  std::vector<DoomedTree> trees_;
  NestedAreas nested_;
  std::set<RelPath> moved_;                       // directories that this run has moved
  std::set<RelPath> finished_;                    // directories that have their final mode
  std::map<RelPath, std::uint32_t> links_added_;  // names that this run gave to an object
  Touched touched_;
  std::function<Status()> keep_ = [] { return success(); };
  bool leaves_nested_ = false;
};

}  // namespace foldersync
