// Telling what becomes of the actions of a window while it is committed: what was found before they
// are done, and what came of doing them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "apply/discards.h"
#include "apply/look/look.h"
#include "apply/stage/barrier.h"
#include "apply/stage/job.h"
#include "apply/stage/slot.h"
#include "apply/steps/conflicts.h"
#include "apply/steps/outcomes.h"
#include "apply/steps/step.h"

namespace foldersync {

// One thread. What it is told of is also what the window has touched.
class LiveReports {
 public:
  LiveReports(const Job& job, Looker& looker, Conflicts& conflicts, Discards& discards);

  // Whether what was found and made for the slot says already what becomes of it, which is told.
  bool is_told(const Slot& slot);
  // Whether an action that nothing was staged for may be done: the plan still expects what is
  // there, and it is the very object that was found before the window's record was written. If not,
  // that is told.
  bool holds_again(const Slot& slot, const LookResult& look);

  // Its object could not be made.
  void staging_failed(const Slot& slot, const Error& error, const std::optional<Drift>& drift);
  // What came of a step that gives something its place. Whether it has that now.
  bool published(const Slot& slot, const Step& step, const Result<Published>& done,
                 const Staged& made);
  // What came of the rename of a move. Whether all that is left is metadata in place.
  bool moved(const Slot& slot, const Result<Published>& done, const LookResult& look);
  // What came of a change in place.
  void in_place(const Slot& slot, const Result<Published>& done, const Changed& changed);
  // Something else than what the plan expects was there in the last moment.
  void stale_by_now(const Slot& slot);

  // What others wrote, and what can't go back to where they wrote it, is kept. The answer: where,
  // or why not.
  Error put_aside(const Place& stranded);
  // Finds out whether that time can be held, where the one that was found differs.

  // Objects that this run has found or made for its actions, where links may be to them: those of
  // which the source has more names, or the window's links are. Before a window: those that it
  // changes in place, as they were found.
  void begin_window(const std::vector<Slot>& slots);
  void remember(const Slot& slot, const FileStatus& object);
  // The one at a path; nothing: the path has no action that has been done.
  [[nodiscard]] std::optional<FileStatus> object_at(const RelPath& path) const;
  void found(const RelPath& path, const FileStatus& object) { objects_[path] = object; }

  // Names that this run gave to the slot's object.
  [[nodiscard]] std::uint32_t names_added(const Slot& slot) const;
  Touched& touched() { return touched_; }
  Outcomes& outcomes() { return outcomes_; }

 private:
  void overtaken(const Slot& slot);

  const Job& job_;
  Looker& looker_;
  Conflicts& conflicts_;
  Discards& discards_;
  Outcomes outcomes_;
  std::map<RelPath, std::uint32_t> links_added_;
  std::set<RelPath> linked_to_;  // by the window's links
  std::map<RelPath, FileStatus> objects_;
  Touched touched_;
};

}  // namespace foldersync
