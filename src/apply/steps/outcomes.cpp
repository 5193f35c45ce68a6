#include "apply/steps/outcomes.h"

#include <cerrno>
#include <utility>

namespace foldersync {
namespace {

ActionReport report_of(const Numbered& of) { return {.seq = of.seq, .action = &of.action}; }

}  // namespace

void Outcomes::done(const Numbered& of, Outcome outcome, const Staged& made) {
  ActionReport report = report_of(of);
  report.outcome = outcome;
  report.grown = made.grown;
  report.bytes = made.bytes;
  observer_.report(report);
}

// What lies above a failed deletion has to stay, and nothing can be made below a missing directory.
void Outcomes::remember_failure(const Action& action) {
  if (action.phase == Phase::kMkdir) not_made_.insert(action.path);
  if (action.phase == Phase::kWrite) not_written_.insert(action.path);
  if (action.phase == Phase::kWrite && !sets_metadata(action)) unwritten_.add(action.after);
  if (!removes_entry(action) && !moves_entry(action)) return;
  // A move leaves behind what it could not take.
  for (RelPath path = old_path(action); !path.is_root(); path = path.parent()) {
    if (!not_emptied_.insert(path).second) break;
  }
}

bool Outcomes::is_held(const Action& action) const {
  if (deletes_anyway_ || unwritten_.empty() || !removes_entry(action)) return false;
  return unwritten_.may_hold(action.before);
}

bool Outcomes::failed_above(const RelPath& path) const {
  if (not_made_.empty()) return false;
  for (RelPath above = path; !above.is_root(); above = above.parent()) {
    if (not_made_.contains(above)) return true;
  }
  return false;
}

void Outcomes::failed(const Numbered& of, Error error) {
  if (error.code == ErrorCode::kStopped) return skip(of);
  if (error.code == ErrorCode::kVanished) return vanished(of);
  // Nothing has the directory's name, or what was to become it still has.
  const bool is_unreachable = error.error_number == ENOENT || error.error_number == ENOTDIR;
  const bool follows_failure = is_unreachable && failed_above(of.action.path);
  remember_failure(of.action);
  if (error.path.empty()) error.path = of.action.path.shown();
  ActionReport report = report_of(of);
  report.outcome = follows_failure ? Outcome::kSkipped : Outcome::kError;
  report.error = std::move(error);
  observer_.report(report);
}

void Outcomes::vanished(const Numbered& of) {
  remember_failure(of.action);
  ActionReport report = report_of(of);
  report.outcome = Outcome::kSkipped;
  report.vanished = true;
  report.error = Error{ErrorCode::kVanished, "look", of.action.path.shown(), ENOENT,
                       "the source's entry vanished after it was planned"};
  observer_.report(report);
}

void Outcomes::stale(const Numbered& of, std::vector<Drift> drifts) {
  remember_failure(of.action);
  ActionReport report = report_of(of);
  report.outcome = Outcome::kStale;
  report.drifts = std::move(drifts);
  observer_.report(report);
}

void Outcomes::skip(const Numbered& of) {
  remember_failure(of.action);
  done(of, Outcome::kSkipped);
}

// Reports what a look already decides; false where the action is still to be done.
bool Outcomes::report_look(const Numbered& of, const LookResult& look) {
  switch (look.finding) {
    case Finding::kHolds:
      return false;
    case Finding::kAlready:
      done(of, Outcome::kAlready);
      return true;
    case Finding::kFailed:
      failed(of, *look.error);
      return true;
    case Finding::kStale:
      break;
  }
  const bool has_source_changed =
      follow_source_ && !look.drifts.empty() && look.drifts.front().side == Side::kSource;
  if (has_source_changed && !look.source) {
    vanished(of);
    return true;
  }
  const bool has_no_place = !look.replica || is_finish(of.action);
  if (failed_above(of.action.path) && has_no_place) {
    skip(of);
  } else if (has_source_changed) {
    failed(of, changed_error("look", "the source changed after it was planned"));
  } else {
    stale(of, look.drifts);
  }
  return true;
}

}  // namespace foldersync
