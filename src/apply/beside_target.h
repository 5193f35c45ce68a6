// Where renames from the root's staging folder don't reach (a nested Btrfs subvolume, an overlay's
// lower directory, projects with quotas of their own): the step is done once more, from a folder
// beside its target.
#pragma once

#include "apply/discards.h"
#include "apply/live_reports.h"
#include "apply/look/look.h"
#include "apply/stage/job.h"
#include "apply/stage/slot.h"
#include "apply/stage/stager.h"
#include "apply/steps/step.h"
#include "fs/place.h"

namespace foldersync {

class BesideTarget {
 public:
  // `site` and the others are the committer's.
  BesideTarget(const Job& job, Looker& looker, Site& site, Discards& discards,
               LiveReports& reports);

  // Stages the slot's object there, and does the step. Tells what came of it.
  void do_again(const Slot& slot, Step step, const LookResult& look);
  // Of a move of a file: a copy of the source under the new path, then the old file goes. Tells
  // what came of it.
  // CRASH: killed between the two, both are there; the next plan deletes the old one.
  void copy_and_remove(const Slot& slot, const LookResult& look);

 private:
  Result<StagedPlace> place_for(const RelPath& path, const Slot& slot);
  Result<Staged> stage(const Slot& slot, const LookResult& look, const Place& place);

  const Job& job_;
  Stager stager_;
  Site& site_;
  Discards& discards_;
  LiveReports& reports_;
};

}  // namespace foldersync
