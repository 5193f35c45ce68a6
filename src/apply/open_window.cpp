#include "apply/open_window.h"

#include <set>
#include <system_error>
#include <utility>

#include "apply/stage/staged_trees.h"
#include "fs/stop.h"

namespace foldersync {

OpenWindow::OpenWindow(Job& job, std::vector<Slot> slots)
    : job_(job),
      slots_(std::move(slots)),
      barrier_(job.syncing),
      transaction_(job, barrier_, slots_) {}

Status OpenWindow::begin() {
  ToSync amount;
  for (const Slot& slot : slots_) {
    const Action& action = slot.action;
    const bool finishes = is_finish(action);
    if (finishes || adds_name(action)) ++amount.names;
    if (!finishes && (is_staged(action) || sets_metadata(action))) ++amount.entries;
  }
  TRY(barrier_.begin(job_.area, amount));
  job_.sync_each = barrier_.syncs_each();
  transaction_.reserve();
  return success();
}

void OpenWindow::look_and_stage() {
  WriteBack write_back(job_.request.fs, job_.area.fd());
  const bool writes_early = barrier_.is_wanted() && !barrier_.syncs_each();
  const bool in_trees = barrier_.fills_directories();
  stage_window({.job = job_,
                .slots = slots_,
                .in_trees = in_trees,
                .abandoned = abandoned_,
                .write_back = writes_early ? &write_back : nullptr});
  Status written = write_back.end();
  if (in_trees && barrier_.syncs_each()) written = sync_filled(job_, slots_);
  barrier_.written_early(std::move(written));
}

bool OpenWindow::stage_meanwhile() {
  try {
    meanwhile_ = std::thread([this] { look_and_stage(); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void OpenWindow::stage() {
  if (meanwhile_.joinable()) {
    meanwhile_.join();
  } else if (!is_staged_) {
    look_and_stage();
  }
  is_staged_ = true;
}

bool OpenWindow::is_ready() const {
  std::set<RelPath> made;  // directories that the window makes
  for (const Slot& slot : slots_) {
    const Action& action = slot.action;
    if (!slot.look || slot.error || is_told_to_stop(job_.request.stop)) return false;
    if (action.phase == Phase::kMkdir) made.insert(action.path);
    const Finding finding = slot.look->finding;
    if (finding == Finding::kHolds || finding == Finding::kAlready) continue;
    if (is_finish(action) && made.contains(action.path)) continue;
    return false;
  }
  return true;
}

void OpenWindow::abandon() {
  abandoned_ = true;
  if (meanwhile_.joinable()) meanwhile_.join();
}

void OpenWindow::throw_away() {
  abandon();
  transaction_.discard_staged(stopped_error("stage", "the run has ended"));
}

}  // namespace foldersync
