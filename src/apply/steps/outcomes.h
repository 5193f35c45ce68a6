// Reporting what became of each action, and knowing what follows from a failure.
#pragma once

#include <set>
#include <vector>

#include "apply/look/look.h"
#include "apply/look/report.h"
#include "apply/stage/slot.h"
#include "apply/stage/stager.h"
#include "plan/size_and_time.h"

namespace foldersync {

// One thread. Each action of a plan is given to exactly one of done(), failed(), stale(), skip(),
// or to report_look() with the answer true.
class Outcomes {
 public:
  // `follow_source` as in LookContext: a changed source is no stale plan then, but an error.
  // `deletes_anyway`: nothing is held. `times`: as the replica holds them.
  Outcomes(ApplyObserver& observer, bool follow_source, bool deletes_anyway = false,
           const TimeLimits& times = {})
      : observer_(observer),
        follow_source_(follow_source),
        deletes_anyway_(deletes_anyway),
        unwritten_(times) {}

  void done(const Numbered& of, Outcome outcome, const Staged& made = {});
  // Skipped instead, where it only follows from an earlier failure.
  void failed(const Numbered& of, Error error);
  void stale(const Numbered& of, std::vector<Drift> drifts);
  void skip(const Numbered& of);
  // The source's entry is gone, of a plan that nobody reviewed: nothing is left to be done.
  void vanished(const Numbered& of);

  // Reports what a look already decides; false where the action is still to be done.
  bool report_look(const Numbered& of, const LookResult& look);

  // Whether the action that was to bring `path` up to date failed, or was left alone.
  [[nodiscard]] bool is_not_written(const RelPath& path) const {
    return not_written_.contains(path);
  }

  // Whether the deletion would take the only copy of something that could not be written: by size
  // and time, as a file that was moved to where it can't be read has them still.
  [[nodiscard]] bool is_held(const Action& action) const;

  // Whether something that was to be deleted in `directory` had to stay.
  [[nodiscard]] bool is_not_emptied(const RelPath& directory) const {
    return not_emptied_.contains(directory);
  }

 private:
  void remember_failure(const Action& action);
  [[nodiscard]] bool failed_above(const RelPath& path) const;

  ApplyObserver& observer_;
  bool follow_source_;
  bool deletes_anyway_;
  std::set<RelPath> not_made_;     // directories that could not be made
  std::set<RelPath> not_written_;  // entries that are no directories
  SizesAndTimes unwritten_;
  std::set<RelPath> not_emptied_;  // directories in which something had to stay
};

}  // namespace foldersync
