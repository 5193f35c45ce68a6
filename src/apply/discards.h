// What a window has displaced, until it is removed: when all of it is on disk, and kept where that
// was asked for.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "apply/recovery/nested_areas.h"
#include "apply/stage/job.h"
#include "apply/steps/conflicts.h"
#include "apply/steps/doomed_tree.h"
#include "apply/steps/purge.h"
#include "core/result.h"

namespace foldersync {

// One thread.
class Discards {
 public:
  Discards(const Job& job, Conflicts& conflicts);

  void add(Discarded gone) { displaced_.push_back(std::move(gone)); }
  void add(DoomedTree tree) { trees_.push_back(std::move(tree)); }

  // The staging folders that the window needed below the root.
  NestedAreas& nested() { return nested_; }
  [[nodiscard]] const NestedAreas& nested() const { return nested_; }

  // The names there of the files that were displaced and are still to be removed.
  [[nodiscard]] std::set<std::string> files() const;

  // What is to be done before anything displaced is removed; where it fails, nothing is.
  void before_purging(std::function<Status()> keep) { keep_ = std::move(keep); }
  // Removes those folders, with what was displaced into them; before the directories get their
  // times.
  Status purge_nested();
  // Whether one of them could not be removed.
  [[nodiscard]] bool leaves_nested() const { return leaves_nested_; }
  // Removes the rest. What can't be removed goes with the staging folder. False: it was told to
  // stop, and that would have taken long. An error: it can't be told whether something of others is
  // there; it stays, and needs the record.
  Result<bool> purge();
  // It stays where it is: the window is taken back.
  void forget();

 private:
  Result<bool> remove(const std::vector<Discarded>& gone, const std::vector<DoomedTree>& trees);

  const Job& job_;
  Conflicts& conflicts_;
  NestedAreas nested_;
  std::vector<Discarded> displaced_;
  std::vector<DoomedTree> trees_;
  std::function<Status()> keep_ = [] { return success(); };
  bool leaves_nested_ = false;
};

}  // namespace foldersync
