// The windows of a plan, one after another: the argument of what a kill leaves.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "apply/backup/backup.h"
#include "apply/committer.h"
#include "apply/held_reports.h"
#include "apply/open_window.h"
#include "apply/stage/job.h"
#include "apply/stage/schedule.h"
#include "apply/times_above.h"

namespace foldersync {

// A window is staged; recorded, and all of it on disk (COMMIT); renamed and changed in place; on
// disk (DONE); told; purged. Then its record goes.
// CRASH: killed before COMMIT, nothing of it is visible yet, and the next run removes the staging
// folder. CRASH: killed between COMMIT and DONE, each rename is complete or not begun, and the
// record says which are left: the next run finishes them, or takes them back. CRASH: killed after
// DONE, what was displaced is still there: the next run removes it.
// Any error here stands for such a kill: the record stays, and whoever comes next goes on from it.
class Windows {
 public:
  struct Crew {
    Job& job;
    Committer& committer;
    const Conflicts& conflicts;
    HeldReports& held;
  };

  // `limits`: in which the plan fits. `root_finish`: its last action, where it is the root's own.
  // Requires: `crew` outlives this.
  // `begun`: a backup that has something already; may be null.
  Windows(const Crew& crew, const WindowLimits& limits, const Schedule& schedule,
          std::optional<Slot> root_finish, std::shared_ptr<Backup> begun);
  Windows(const Windows&) = delete;
  Windows& operator=(const Windows&) = delete;

  // An error: some actions are not told of yet; skip_rest() does that.
  Status run();
  // Tells of the actions that no window has begun with that they are not done, but for the root's.
  Status skip_rest();

  // The root's own action, which comes when all windows are done; with what was found, where its
  // window was staged.
  [[nodiscard]] const std::optional<Slot>& root_finish() const { return root_finish_; }

  [[nodiscard]] bool rolled_back() const { return rolled_back_; }
  // An atomic apply was not begun because it was told to stop.
  [[nodiscard]] bool was_stopped() const { return was_stopped_; }
  // Others wrote what a rollback could only put aside.
  [[nodiscard]] bool has_conflicts() const { return has_conflicts_; }
  // Some of what was displaced is still there, since that would have taken long.
  [[nodiscard]] bool leaves_old() const { return leaves_old_; }

  // What was kept; null: nothing was.
  [[nodiscard]] const std::shared_ptr<Backup>& backup() const { return backup_; }
  // Where nothing was changed, and it holds nothing.
  void discard_backup();
  // Whether a folder above what was changed has another time for it. Only told of file systems of
  // which only names can be relied on; when all folders have theirs.
  [[nodiscard]] bool have_times_moved() const {
    return times_above_.have_moved(crew_.job.lookers.front(), crew_.job.policy);
  }

 private:
  [[nodiscard]] const ApplyRequest& request() const { return crew_.job.request; }
  [[nodiscard]] bool is_stopped() const { return request().stop != nullptr && *request().stop; }
  // Of what is all or nothing, once it is visible.
  bool breaks_off();
  [[nodiscard]] bool has_failed() const { return request().atomic && crew_.held.has_trouble(); }
  Status begin_backup();
  Status run_all();
  [[nodiscard]] Result<std::vector<Slot>> window_at(SchedulePosition begin) const;
  Status run_window(OpenWindow& window);
  Status change(OpenWindow& window);
  Status purge_nested(OpenWindow& window);
  Status keep_old(OpenWindow& window);
  Status conclude(OpenWindow& window);
  Status purge(Transaction& transaction);
  void look_ahead(const std::vector<Slot>& before);
  Error undurable(const Error& error);
  Error interrupted(const Transaction& transaction);
  Error stranded();
  Status do_nothing();
  Status call_off(OpenWindow& window);
  Status roll_back(Transaction& transaction);

  const Crew crew_;
  const WindowLimits limits_;
  const Schedule schedule_;
  SchedulePosition next_;              // of what no window has begun with
  std::unique_ptr<OpenWindow> ahead_;  // the window after the one under way, where it is staged
  std::optional<Slot> root_finish_;
  std::shared_ptr<Backup> backup_;
  const bool keeps_backup_;     // it has something of before
  bool is_committing_ = false;  // of an atomic apply: it goes on for a moment when told to stop
  std::atomic<bool> is_broken_off_{false};  // there was no time for all of it
  bool rolled_back_ = false;
  bool was_stopped_ = false;
  bool has_conflicts_ = false;
  bool leaves_old_ = false;
  TimesAbove times_above_;
};

}  // namespace foldersync
