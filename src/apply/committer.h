// Doing the actions of a window that change what others see. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apply/barrier.h"
#include "apply/doomed_tree.h"
#include "apply/engine.h"
#include "apply/in_place.h"
#include "apply/limit_book.h"
#include "apply/look.h"
#include "apply/mover.h"
#include "apply/outcomes.h"
#include "apply/publisher.h"
#include "apply/purge.h"
#include "apply/staged_trees.h"
#include "apply/stager.h"
#include "apply/staging_area.h"
#include "apply/window.h"

namespace foldersync {

struct CommitContext {
  const ApplyRequest& request;
  ApplyObserver& observer;
  const LookContext& looks;
  const StageContext& stages;
  LimitBook& book;
  StagingArea& area;
};

class Committer {
 public:
  // `folder` is this thread's own staging subfolder, `conflicts` the one for what others wrote.
  Committer(const CommitContext& context, Looker& looker, Fd folder, Fd conflicts);

  // Each action, but metadata and finish, after what was found and made for it. Once more it is
  // looked at before it is done, and what is found must be what was found then.
  void commit(Slot& slot, const StagedWindow& staging);
  // A directory with all that is deleted in it, by one rename. False: nothing was done, each action
  // is to be done by itself. Requires: `range` is of doomed_ranges(), and the window has a record.
  bool take_tree(const std::vector<Slot>& slots, DoomedRange range);
  // What change_in_place() did, in the order of the window; nothing: it was not tried.
  void tell_in_place(const Slot& slot, const std::optional<InPlace>& done);
  // How many names this run gave to what has that path.
  [[nodiscard]] std::uint32_t names_added(const RelPath& path) const;
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
  [[nodiscard]] std::vector<int> nested() const;  // the open ones
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
  // `lookers` are those of the other threads, which have ended.
  void tighten(std::vector<Looker>& lookers);

  void skip(const Slot& slot) { outcomes_.skip(slot); }
  [[nodiscard]] bool has_conflicts() const { return conflicts_; }
  // What others wrote lies where the staging folder's removal would take it along.
  [[nodiscard]] bool must_keep_staging() const { return must_keep_staging_; }
  // Whether a staging folder below the root could not be removed.
  [[nodiscard]] bool leaves_nested() const { return leaves_nested_; }

 private:
  struct NestedArea {
    Fd home;
    StagingArea area;
  };

  void publish_staged(Slot& slot, const StagedWindow& staging);
  bool publish(const Slot& slot, const LookResult& look, const StagedPlace& staged,
               const Staged& made);
  Result<Published> place(const Action& action, const LookResult& look, const StagedPlace& staged);
  void restage_near(const Slot& slot, const LookResult& look);
  Status purge_inside(const RelPath& directory);
  Result<bool> discard(const std::vector<Displaced>& gone, const std::vector<DoomedTree>& trees);
  void fail_staging(const Slot& slot, const Error& error, const std::optional<Drift>& drift);
  bool holds_again(const Slot& slot, const LookResult& look);
  Result<Published> take_away_directory(const Action& action, const StagedPlace& away,
                                        const LookResult& look);
  Status sync_staged(int folder, const std::string& name, const Staged& made);
  Result<int> nested_folder(const RelPath& directory);
  void link(const Slot& slot);
  Result<FileStatus> make_link(const Action& action, int folder, const std::string& name);
  void move(const Slot& slot);
  void tell_metadata(const Slot& slot, const InPlace& done);
  void settle_move(const Slot& slot, const LookResult& look, Published moved);
  void copy_and_remove(const Slot& slot, const LookResult& look);
  void remove_entry(const Slot& slot);
  void remove_directory(const Slot& slot);
  bool settle(const Slot& slot, const Result<Published>& published, const StagedPlace& staged,
              const Staged& made);
  void tell_foreign(const Slot& slot);
  Result<std::string> move_to_conflicts(const Place& stranded);
  Error put_aside(const Place& stranded);
  void learn_from(const FileStatus& found, const FileStatus& wanted);
  const CommitContext& context_;
  FileSystem& fs_;
  Looker& looker_;
  Stager stager_;
  Publisher publisher_;
  Mover mover_;
  Outcomes outcomes_;
  Fd folder_;
  Fd conflict_folder_;
  std::vector<Displaced> displaced_;
  std::vector<DoomedTree> trees_;
  std::map<RelPath, NestedArea> nested_;
  std::set<RelPath> moved_;                       // directories that this run has moved
  std::set<RelPath> finished_;                    // directories that have their final mode
  std::map<RelPath, std::uint32_t> links_added_;  // names that this run gave to an object
  Touched touched_;
  std::function<Status()> keep_ = [] { return success(); };
  bool conflicts_ = false;
  bool must_keep_staging_ = false;
  bool leaves_nested_ = false;
};

}  // namespace foldersync
