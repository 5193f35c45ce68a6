#include "apply/windows.h"

#include <limits>
#include <set>
#include <utility>

#include "apply/commit_window.h"
#include "apply/stage/space.h"
#include "apply/stage/staging_key.h"
#include "apply/steps/outcomes.h"
#include "core/program_name.h"

namespace foldersync {
namespace {

std::vector<std::uint64_t> seqs_of(const std::vector<Slot>& slots) {
  std::vector<std::uint64_t> seqs;
  seqs.reserve(slots.size());
  for (const Slot& slot : slots) seqs.push_back(slot.seq);
  return seqs;
}

bool is_told(const Error& error) { return error.code == ErrorCode::kStopped; }

// What others wrote in the middle of the run has no place yet.
Error can_not_put_aside() {
  return system_error(
             "put aside", 0,
             "what others wrote in the middle of this run could not be put aside; the next run "
             "tries again")
      .at(std::string(kStagingName));
}

// What was to be removed stays, and may hold something of others. Without a record the next run
// would not know of it.
Error can_not_purge(Error why, bool is_recorded) {
  why.detail = std::string(
                   "what was deleted lies in '.sync-txn': it can't be removed, or not be looked "
                   "through for what others put into it; ") +
               (is_recorded ? "the next run goes on with it"
                            : "save it before the next run, which would remove it");
  return why;
}

}  // namespace

Windows::Windows(const Crew& crew, const WindowLimits& limits, const Schedule& schedule,
                 std::optional<Slot> root_finish, std::shared_ptr<Backup> begun)
    : crew_(crew),
      limits_(limits),
      schedule_(schedule),
      next_(schedule.start()),
      root_finish_(std::move(root_finish)),
      backup_(std::move(begun)),
      keeps_backup_(backup_ != nullptr) {
  crew_.job.winds_up = [this] { return is_committing_ ? breaks_off() : is_stopped(); };
}

// It goes on for a moment when it is told to stop, unless one of its actions failed: then the
// others are not tried.
bool Windows::breaks_off() {
  if (is_broken_off_ || crew_.held.has_trouble()) return true;
  if (crew_.job.wind_up.is_over()) is_broken_off_ = true;
  return is_broken_off_;
}

Status Windows::run() {
  Status went = begin_backup();
  // It says of each action that it was not begun.
  if (went || is_told(went.error())) went = run_all();
  // Where the run is told to stop, what was staged goes with the staging folder.
  if (ahead_ && !is_stopped()) ahead_->throw_away();
  ahead_.reset();
  return went;
}

Status Windows::begin_backup() {
  const ApplyRequest& of = request();
  if (!of.backup) return success();
  const FileTime mtime = crew_.job.area.home_mtime().value_or(of.replica.status.mtime);
  const Backup::Before before{crew_.job.lookers.front().replica(), mtime, crew_.job.wind_up};
  if (!backup_ && of.earlier_backup && TRY(of.earlier_backup->may_go_on_with(of.plan.actions))) {
    backup_ = of.earlier_backup;
    TRY(backup_->go_on_with(of.plan.actions, before));
  }
  if (!backup_) {
    auto backup =
        TRY(Backup::begin(of.fs, *of.backup, of.plan, crew_.job.policy, before, of.durable));
    backup_ = std::make_shared<Backup>(std::move(backup));
  }
  backup_->heed(crew_.job.wind_up);
  crew_.job.backup = backup_->path();
  return success();
}

void Windows::discard_backup() {
  if (keeps_backup_ || backup_ == request().earlier_backup) return;
  if (backup_) backup_->discard();
  backup_.reset();
}

Status Windows::run_all() {
  while (next_ != schedule_.end()) {
    if (is_stopped()) return request().atomic ? do_nothing() : skip_rest();
    std::unique_ptr<OpenWindow> window = std::exchange(ahead_, nullptr);
    if (!window) {
      auto read = window_at(next_);
      if (!read && is_told(read.error())) continue;
      auto slots = TRY(std::move(read));
      window = std::make_unique<OpenWindow>(crew_.job, std::move(slots));
      TRY(window->begin());
    }
    TRY(run_window(*window));
    TRY(crew_.held.still_there());
    crew_.job.book.tell_news(request().observer);
  }
  return success();
}

// All or nothing, and the signal came before any of it.
Status Windows::do_nothing() {
  rolled_back_ = true;
  was_stopped_ = true;
  TRY(skip_rest());
  if (root_finish_) crew_.committer.skip(*root_finish_);
  crew_.held.release_as_rolled_back();
  return success();
}

Status Windows::skip_rest() {
  Outcomes outcomes(crew_.held, request().follow_source);
  ScheduleReader reader(request().plan.actions, schedule_, next_);
  while (!reader.at_end()) {
    const auto action = TRY(reader.next());
    if (!is_root_finish(*action)) outcomes.done({*action, reader.seq()}, Outcome::kSkipped);
    // For as long as there is the action.
    rolled_back_ ? crew_.held.release_as_rolled_back() : crew_.held.release();
  }
  next_ = schedule_.end();
  return success();
}

Result<std::vector<Slot>> Windows::window_at(SchedulePosition begin) const {
  WindowLimits limits = limits_;
  if (request().atomic) {
    limits.actions = request().plan.actions.size();
    limits.bytes = std::numeric_limits<std::uint64_t>::max();
  }
  ScheduleReader reader(request().plan.actions, schedule_, begin);
  return read_window(reader, limits, request().atomic ? request().stop : nullptr);
}

Status Windows::run_window(OpenWindow& window) {
  window.stage();
  const auto& slots = window.slots();
  const SchedulePosition end = schedule_.past(next_, seqs_of(slots));
  crew_.job.policy.limits = crew_.job.book.limits();
  if (root_finish_ && end == schedule_.end()) root_finish_ = slots.back();
  const bool is_called_off = is_stopped() || (request().atomic && !window.is_ready());
  if (is_called_off && !request().atomic) return success();  // its actions are not begun
  if (is_called_off) {
    next_ = end;
    return call_off(window);
  }
  Status begun = window.transaction().begin();
  const bool is_stopped_before = !begun && request().atomic && is_told(begun.error());
  if (!begun && !is_stopped_before) return begun;
  next_ = end;
  if (is_stopped_before) return call_off(window);
  Status changed = change(window);
  if (is_broken_off_ || (!changed && is_told(changed.error()))) {
    return interrupted(window.transaction());
  }
  if (!changed) return undurable(changed.error());
  return has_failed() ? roll_back(window.transaction()) : conclude(window);
}

// What others see from now on. Nothing that is displaced is removed before a backup has it.
Status Windows::change(OpenWindow& window) {
  const Job& job = crew_.job;
  Discards& discards = crew_.committer.discards();
  is_committing_ = request().atomic;
  discards.before_purging([this, &window] { return keep_old(window); });
  commit(job, crew_.committer, window);
  if (!has_failed()) TRY(keep_old(window));
  if (!is_broken_off_) TRY(purge_nested(window));
  finish(job, crew_.committer, window);
  is_committing_ = false;
  return success();
}

Status Windows::purge_nested(OpenWindow& window) {
  Discards& discards = crew_.committer.discards();
  for (const int nested : discards.nested().folders()) TRY(window.barrier().all(nested));
  return discards.purge_nested();
}

Status Windows::keep_old(OpenWindow& window) {
  if (!backup_) return success();
  return backup_->keep(window.transaction().record(), crew_.job.area, crew_.committer.replica(),
                       crew_.committer.discards().files());
}

// Nothing is told as done, and nothing displaced is removed, before it is on disk.
Status Windows::conclude(OpenWindow& window) {
  const Job& job = crew_.job;
  Transaction& transaction = window.transaction();
  const auto touched = crew_.committer.take_touched();
  if (job.policy.limits.numbers == Numbers::kPassing) times_above_.note(touched.directories);
  for (Slot& slot : window.slots()) slot.look.reset();  // reports still name the actions
  look_ahead(window.slots());
  Status durable =
      window.barrier().after_commit(job.area, job.folders, touched, crew_.committer.replica());
  if (durable && crew_.conflicts.failed() && transaction.has_record()) return stranded();
  if (durable) durable = transaction.end();
  if (!durable && is_told(durable.error())) return interrupted(transaction);
  if (!durable) return undurable(durable.error());
  crew_.held.release();
  return purge(transaction);
}

// While this window becomes durable and its old is removed, the next one is staged: on other
// threads, so that a run on one thread does one thing after another. It changes nothing that
// others see before this one is done with.
void Windows::look_ahead(const std::vector<Slot>& before) {
  if (request().threads < 2 || limits_.alone || next_ == schedule_.end() || is_stopped()) return;
  // What makes room goes before anything else is staged.
  const bool makes_room = before.back().action.phase == Phase::kClear;
  if (makes_room && request().plan.options.delete_first) return;
  auto slots = window_at(next_);
  // Where it can't be read, that is told when its turn comes.
  if (!slots || !fits_beside_the_old(request(), *slots)) return;
  auto next = std::make_unique<OpenWindow>(crew_.job, std::move(*slots));
  if (next->begin() && next->stage_meanwhile()) ahead_ = std::move(next);
}

// What was changed may not survive a power cut. The old is kept until the next run, which goes on
// from the record.
Error Windows::undurable(const Error& error) {
  crew_.held.release_as_failed(error);
  return error;
}

// Told to stop, and what it takes is more than a moment. CRASH: as after a kill here, whoever comes
// next goes on from the record, which is on disk: what is done by now stays done.
Error Windows::interrupted(const Transaction& transaction) {
  Error error = stopped_error(
      "apply",
      "told to stop in the middle of what would have taken longer: the next run, or " +
          our_command("recover") + ", finishes it" +
          (request().atomic ? ", and " + our_command("recover --rollback") + " takes all of it back"
                            : ""));
  if (!transaction.has_record()) return undurable(error);
  crew_.held.release();
  return error;
}

// What others wrote could not be put aside. CRASH: as after a kill here, whoever comes next goes
// on from the record, and puts it back or aside.
Error Windows::stranded() {
  crew_.held.release();
  return can_not_put_aside();
}

// Everything is where it belongs, and durable: the old goes.
Status Windows::purge(Transaction& transaction) {
  const auto purged = crew_.committer.discards().purge();
  // CRASH: as after a kill here, whoever comes next looks through it with the record's help.
  if (!purged) return can_not_purge(purged.error(), transaction.has_record());
  if (!*purged) {
    // CRASH: as after a kill here, the next run removes what the marker DONE says may go.
    leaves_old_ = true;
    return success();
  }
  Status forgotten = transaction.forget();
  // After the last window the whole folder goes.
  return next_ == schedule_.end() ? success() : forgotten;
}

// Nothing was changed yet, and nothing will be.
Status Windows::call_off(OpenWindow& window) {
  rolled_back_ = true;
  was_stopped_ = is_stopped();
  std::set<RelPath> made;
  for (const Slot& slot : window.slots()) {
    const Action& action = slot.action;
    if (was_stopped_) {  // and nobody waits for what was found of each
      crew_.held.report({.seq = slot.seq, .action = &action, .outcome = Outcome::kRolledBack});
      continue;
    }
    if (action.phase == Phase::kMkdir) made.insert(action.path);
    const bool comes_later = is_finish(action) && made.contains(action.path);
    crew_.committer.tell_only(slot, comes_later);
  }
  crew_.held.release_as_rolled_back();
  return success();
}

Status Windows::roll_back(Transaction& transaction) {
  if (Status back = transaction.roll_back(); !back) {
    if (!is_told(back.error())) return undurable(back.error());
    crew_.held.release_as_rolled_back();
    return stopped_error("roll back", "told to stop: the next run, or " + our_command("recover") +
                                          ", goes on with it");
  }
  if (root_finish_) crew_.committer.skip(*root_finish_);
  rolled_back_ = true;
  crew_.held.release_as_rolled_back();
  crew_.committer.discards().forget();
  has_conflicts_ = transaction.has_conflicts();
  (void)transaction.forget();  // the whole folder goes now
  return success();
}

}  // namespace foldersync
