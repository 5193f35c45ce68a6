// Doing the actions of a window that change what others see: looks, does their steps, and tells
// what came of them. One thread.
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "apply/beside_target.h"
#include "apply/discards.h"
#include "apply/live_reports.h"
#include "apply/opened_for_run.h"
#include "apply/stage/barrier.h"
#include "apply/stage/job.h"
#include "apply/stage/staged_trees.h"
#include "apply/steps/doomed_tree.h"
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
  Committer(const Job& job, Conflicts& conflicts);

  // Before the first action of a window.
  void begin_window(const std::vector<Slot>& slots) { reports_.begin_window(slots); }
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
  void skip(const Slot& slot) { reports_.outcomes().skip(slot); }

  // What the window has displaced so far.
  Discards& discards() { return discards_; }
  // What changed since the last call.
  Touched take_touched() { return std::exchange(reports_.touched(), {}); }

  // Finds out, while there is a staging folder, whether the root's time can be held.
  void learn_of_root();
  // What all threads had to open up.
  OpenedForRun& opened() { return opened_; }
  ReplicaAccess& replica() { return looker_.replica(); }

 private:
  Result<StagedPlace> place_of(const Slot& slot, const StagedWindow& staging);
  static Result<Published> not_the_leader(const Action& link);
  bool know_leader(const Slot& slot, const LookResult& look, Step& step);
  bool perform(const Slot& slot, Step step, const LookResult& look);

  const Job& job_;
  FileSystem& fs_;
  Looker looker_;
  Publisher publisher_;
  Site site_;
  Discards discards_;
  LiveReports reports_;
  BesideTarget beside_;
  OpenedForRun opened_;
  std::set<RelPath> moved_;  // directories that this run has moved
};

}  // namespace foldersync
