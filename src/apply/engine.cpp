#include "apply/engine.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "apply/backup/backup.h"
#include "apply/check_only.h"
#include "apply/commit_window.h"
#include "apply/committer.h"
#include "apply/first_room.h"
#include "apply/foreign_places.h"
#include "apply/held_reports.h"
#include "apply/look/look.h"
#include "apply/open_window.h"
#include "apply/stage/job.h"
#include "apply/stage/limit_book.h"
#include "apply/stage/record.h"
#include "apply/stage/schedule.h"
#include "apply/stage/space.h"
#include "apply/stage/staged_trees.h"
#include "apply/stage/staging_area.h"
#include "apply/stage/staging_entry.h"
#include "apply/stage/window.h"
#include "apply/steps/conflicts.h"
#include "apply/transaction.h"
#include "fs/directory_cursor.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

bool ends_with_clear(const std::vector<Slot>& slots) {
  return slots.back().action.phase == Phase::kClear;
}

class Engine {
 public:
  explicit Engine(const ApplyRequest& request)
      : request_(request),
        fs_(request.fs),
        book_(request.policy.limits),
        policy_(request.policy),
        names_(request.replica, request.stop),
        looks_{.source = request.source_tree,
               .source_root = other_root(request.replica, request.source),
               .replica = request.replica,
               .options = request.plan.options,
               .policy = policy_,
               .filter = request.filter,
               .follow_source = request.follow_source,
               .is_undo = request.plan.kind == PlanKind::kUndo,
               .stop = request.stop,
               .names = request.follow_source ? nullptr : &names_},
        max_open_(descriptors_per_cursor(3 * (request.threads + 1))) {}

  Result<ApplyResult> run() {
    if (request_.dry_run) {
      TRY(refuse_what_can_not_go_back());
      Status checked = check_only(request_, looks_, max_open_);
      return checked ? Result<ApplyResult>(result()) : Result<ApplyResult>(checked.error());
    }
    const auto is_done = TRY(tell_if_done(request_, looks_, max_open_));
    if (is_done) {
      staging_left_ = !drop_partial_copies(request_);
      return result();
    }
    if (request_.refuse_stale) {
      const auto refused = TRY(refuse_if_stale(request_, looks_, max_open_));
      is_refused_ = refused;
      if (is_refused_) return result();
    }
    TRY(refuse_what_can_not_go_back());
    windows_ = TRY(make_room(request_));
    auto gone = TRY(make_first_room(request_, looks_, max_open_));
    held_.are_done(std::move(gone));
    auto last = TRY(root_finish_of(request_.plan.actions));
    root_finish_ = std::move(last);
    auto schedule = TRY(Schedule::of(request_.plan.actions));
    schedule_ = schedule;
    next_ = schedule_.start();
    auto area = TRY(open_staging_area(request_, max_open_, root_loosened_));
    looks_.staging_name = area.name();
    auto ended = run_in(area);
    if (!ended && !has_begun_) give_up(area);
    return ended;
  }

 private:
  Status refuse_what_can_not_go_back() {
    return request_.atomic ? refuse_foreign_places(request_, looks_, max_open_) : success();
  }

  ApplyResult result() const {
    return {.limits = book_.limits(),
            .stopped = stopped_ || stopped(),
            .rolled_back = rolled_back_,
            .xattrs_refused = book_.has_refused_xattrs() || book_.lacks_xattrs(),
            .metadata_lost = book_.has_losses(),
            .staging_left = staging_left_,
            .links_parted = book_.has_parted_links(),
            .left_open = left_open_,
            .backup = backup_ ? backup_->path() : std::string(),
            .refused = is_refused_};
  }

  bool stopped() const { return request_.stop != nullptr && *request_.stop; }

  // Whether no new work is to start. What is all or nothing goes on once it is visible, unless one
  // of its actions failed: then the others are not tried.
  bool winds_up() const { return is_committing_ ? held_.has_trouble() : stopped(); }

  Status begin_backup(const StagingArea& area, ReplicaAccess& replica) {
    if (!request_.backup) return success();
    const FileTime mtime = area.home_mtime().value_or(request_.replica.status.mtime);
    auto backup = TRY(Backup::begin(fs_, *request_.backup, request_.plan, policy_, {replica, mtime},
                                    request_.durable));
    backup_ = std::move(backup);
    return success();
  }

  void discard_backup() {
    if (backup_) backup_->discard();
    backup_.reset();
  }

  Result<ApplyResult> run_in(StagingArea& area) {
    std::vector<Looker> lookers;
    std::vector<Fd> folders;
    lookers.reserve(request_.threads);
    for (std::size_t thread = 0; thread < request_.threads; ++thread) {
      auto folder = TRY(area.folder(std::to_string(thread)));
      folders.push_back(std::move(folder));
      lookers.emplace_back(looks_, max_open_, true);
    }
    auto own_folder = TRY(area.folder(kCommitFolder));
    folders.push_back(std::move(own_folder));
    Conflicts conflicts(fs_, area);
    TRY(conflicts.prepare());
    auto partial = TRY(area.partial_folder());
    PartialCopies partials(fs_, area.key(), std::move(partial), area.earlier_folder());
    Job job{.request = request_,
            .observer = held_,
            .policy = policy_,
            .looks = looks_,
            .book = book_,
            .syncing = syncing_,
            .area = area,
            .lookers = lookers,
            .folders = folders,
            .max_open = max_open_,
            .winds_up = [this] { return winds_up(); },
            .partials = &partials};
    Committer committer(job, conflicts);
    has_begun_ = true;
    if (request_.replica.opened_up) {
      root_loosened_.try_emplace(RelPath(), request_.replica.opened_up->hand_over());
    }
    lookers.front().replica().loosened() = std::move(root_loosened_);
    Status went = begin_backup(area, lookers.front().replica());
    if (backup_) job.backup = backup_->path();
    const Workshop shop{job, committer, conflicts};
    if (went) went = run_windows(shop);
    // Where the run is told to stop, what was staged goes with the staging folder.
    if (ahead_ && !stopped()) ahead_->throw_away();
    ahead_.reset();
    tell_left_open(committer.tighten());
    if (!went) return break_off(shop, std::move(went).error());
    if (!rolled_back_) committer.learn_of_root();
    const std::optional<FileTime> mtime = area.home_mtime();
    if (mtime) discard_backup();  // nothing was changed
    staging_left_ = !remove_area(shop) || conflicts.any() || staging_left_;
    TRY(end_root(committer, mtime));
    tell_left_open(committer.tighten_root());
    tell_news();
    return result();
  }

  // Nothing was begun: the root gets its mode and its time back, and the staging folder goes.
  void give_up(StagingArea& area) {
    const std::optional<FileTime> mtime = area.home_mtime();
    const int root = request_.replica.fd.get();
    const auto kept = area.remove_but_partial();
    if (!kept) tell_area_left(area);
    const bool is_gone = kept && !*kept && !area.earlier_folder();
    if (is_gone) request_.keys.end(request_.replica.identity, area.key());
    // Where this fails, the next plan finds the time.
    if (is_gone && mtime) (void)fs_.set_mtime({root, false}, *mtime);
    if (root_loosened_.empty()) return;
    ReplicaAccess access(fs_, root, {}, max_open_);
    tell_left_open(access.close_again(std::move(root_loosened_)));
    OpenedNotes* const notes = request_.replica.notes.get();
    if (notes != nullptr) notes->keep_only(access.loosened());
  }

  void tell_area_left(const StagingArea& area) {
    request_.observer.warn("a staging folder '" + area.name() +
                           "' could not be removed; the next run does it");
  }

  // What the windows are done with.
  struct Workshop {
    Job& job;
    Committer& committer;
    const Conflicts& conflicts;
  };

  // Removes the staging folder, and says so where it stays.
  bool remove_area(const Workshop& shop) {
    if (shop.conflicts.failed()) {
      // CRASH: the next run takes it for what a killed run left.
      request_.observer.warn("what others wrote in the middle of this run lies in the replica's '" +
                             shop.job.area.name() +
                             "' and could not be put aside: save it before the next run");
      return false;
    }
    if (is_old_left_) {
      request_.observer.warn(
          "told to stop: the next run removes what this one replaced or deleted");
      return false;
    }
    // Told to stop, it leaves of large files what it has, as a killed run does.
    const auto kept = stopped() ? shop.job.area.remove_but_partial() : shop.job.area.remove();
    if (kept && *kept) return false;
    const bool removed = kept && !shop.committer.discards().leaves_nested();
    if (!removed) {
      tell_area_left(shop.job.area);
      return false;
    }
    if (shop.job.area.earlier_folder()) return true;  // the key goes with the last of them
    request_.keys.end(request_.replica.identity, shop.job.area.key());
    return true;
  }

  // Gives the root its metadata: the plan's last action, if there is one; or the time that it had,
  // where nothing was changed.
  // CRASH: killed before, the root has the time at which the staging folder vanished, and the next
  // plan finds it.
  Status end_root(Committer& committer, std::optional<FileTime> mtime) {
    const int root = request_.replica.fd.get();
    // Nothing was changed; where this fails, the next plan finds the time.
    if (mtime) (void)fs_.set_mtime({root, false}, *mtime);
    if (rolled_back_) return Barrier(syncing_).opened(root);
    if (root_finish_) {
      if (stopped() && !request_.atomic) {
        committer.skip(*root_finish_);
      } else {
        committer.finish(*root_finish_);
      }
    }
    Status synced = Barrier(syncing_).opened(root);
    if (synced) {
      held_.release();
    } else {
      held_.release_as_failed(synced.error());
    }
    return success();
  }

  // Of each once, though it is tried again in the end.
  void tell_left_open(const std::vector<Error>& errors) {
    left_open_ = !errors.empty();
    for (const Error& error : errors) {
      if (told_open_.insert(error.path).second) request_.observer.warn(left_open(error));
    }
  }

  void tell_news() {
    for (const std::string& sentence : book_.take_news()) request_.observer.warn(sentence);
  }

  // The whole operation has failed: what was not reported yet was not done. What a window has begun
  // stays for the next run to bring to rest.
  Error break_off(const Workshop& shop, Error error) {
    const StagingArea& area = shop.job.area;
    const auto marker = read_marker(fs_, area.fd());
    if (marker && !*marker) {
      const std::optional<FileTime> mtime = area.home_mtime();
      const bool removed = remove_area(shop);
      if (next_ == schedule_.start()) discard_backup();
      // Where this fails, the next plan finds the time.
      if (removed && mtime) (void)fs_.set_mtime({request_.replica.fd.get(), false}, *mtime);
    }
    tell_left_open(shop.committer.tighten_root());
    held_.release();
    // What can't be read can't be told of either.
    (void)tell_skipped([](const Action&) { return true; });
    return error;
  }

  // Those of the actions from next_ on, but for what went to make the first room: that is done.
  template <class Which>
  Status tell_skipped(Which which) {
    Outcomes outcomes(held_, request_.follow_source);
    ScheduleReader reader(request_.plan.actions, schedule_, next_);
    while (!reader.at_end()) {
      const auto action = TRY(reader.next());
      if (which(*action)) outcomes.done({*action, reader.seq()}, Outcome::kSkipped);
      held_.release();  // for as long as there is the action
    }
    return success();
  }

  // CRASH: killed while staging, nothing is visible yet, and the next run removes the staging
  // folder. CRASH: killed between renames, each of them is complete or not begun, and the record
  // says which are left: the next run finishes them, or takes them back.
  Status run_windows(const Workshop& shop) {
    while (next_ != schedule_.end()) {
      if (stopped() && !request_.atomic) return skip_rest();
      std::unique_ptr<OpenWindow> window = std::exchange(ahead_, nullptr);
      if (!window) {
        auto slots = TRY(window_at(next_));
        window = std::make_unique<OpenWindow>(shop.job, std::move(slots));
        TRY(window->begin());
      }
      TRY(run_window(shop, *window));
      tell_news();
    }
    return success();
  }

  static std::vector<std::uint64_t> seqs_of(OpenWindow& window) {
    std::vector<std::uint64_t> seqs;
    seqs.reserve(window.slots().size());
    for (const Slot& slot : window.slots()) seqs.push_back(slot.seq);
    return seqs;
  }

  [[nodiscard]] Result<std::vector<Slot>> window_at(SchedulePosition begin) const {
    WindowLimits limits = windows_;
    if (request_.atomic) limits.actions = total_;
    if (request_.atomic) limits.bytes = std::numeric_limits<std::uint64_t>::max();
    ScheduleReader reader(request_.plan.actions, schedule_, begin);
    return read_window(reader, limits);
  }

  // No new work starts. What is staged goes with the staging folder.
  Status skip_rest() {
    Status told = tell_skipped([](const Action& action) { return !is_root_finish(action); });
    if (told) next_ = schedule_.end();
    return told;
  }

  Status run_window(const Workshop& shop, OpenWindow& window) {
    window.stage();
    const SchedulePosition end = schedule_.past(next_, seqs_of(window));
    auto& slots = window.slots();
    Transaction& transaction = window.transaction();
    policy_.limits = book_.limits();
    if (root_finish_ && end == schedule_.end()) root_finish_ = slots.back();
    if (request_.atomic && !(window.is_ready() && !stopped())) return call_off(shop, window);
    if (stopped() && !request_.atomic) return success();
    TRY(transaction.begin());
    is_committing_ = request_.atomic;
    const auto keep_old = [&]() -> Status {
      if (!backup_) return success();
      return backup_->keep(transaction.record(), shop.job.area, shop.committer.replica(),
                           shop.committer.discards().files());
    };
    shop.committer.discards().before_purging(keep_old);
    commit(shop.job, shop.committer, window);
    const bool goes_back = request_.atomic && held_.has_trouble();
    if (Status kept = goes_back ? success() : keep_old(); !kept) {
      return undurable(kept.error(), end);
    }
    for (const int nested : shop.committer.discards().nested().folders()) {
      Status durable = window.barrier().all(nested);
      if (!durable) return undurable(durable.error(), end);
    }
    if (Status purged = shop.committer.discards().purge_nested(); !purged) {
      return undurable(purged.error(), end);
    }
    finish(shop.job, shop.committer, window);
    is_committing_ = false;
    if (request_.atomic && held_.has_trouble()) return roll_back(shop, transaction);
    const auto touched = shop.committer.take_touched();
    for (Slot& slot : slots) slot.look.reset();  // reports still name the actions
    // What makes room goes before anything else is staged.
    const bool makes_room = request_.plan.options.delete_first && ends_with_clear(slots);
    if (!makes_room) look_ahead(shop, end);
    Status durable = window.barrier().after_commit(shop.job.area, shop.job.folders, touched,
                                                   shop.committer.replica());
    if (durable && shop.conflicts.failed() && transaction.has_record()) {
      return stranded(end);
    }
    if (durable) durable = transaction.end();
    if (!durable) return undurable(durable.error(), end);
    return conclude(shop, end, transaction);
  }

  // While this window becomes durable and its old is removed, the next one is staged: on other
  // threads, so that a run on one thread does one thing after another. It changes nothing that
  // others see before this one is done with.
  void look_ahead(const Workshop& shop, SchedulePosition begin) {
    if (request_.threads < 2 || begin == schedule_.end() || stopped()) return;
    auto slots = window_at(begin);
    // Where it can't be read, that is told when its turn comes.
    if (!slots || !fits_beside_the_old(request_, *slots)) return;
    auto next = std::make_unique<OpenWindow>(shop.job, std::move(*slots));
    if (next->begin() && next->stage_meanwhile()) ahead_ = std::move(next);
  }

  // What was changed may not survive a power cut. The old is kept until the next run, which goes on
  // from the record.
  Error undurable(const Error& error, SchedulePosition end) {
    held_.release_as_failed(error);
    end_before_root(end);
    return error;
  }

  // What others wrote could not be put aside. CRASH: as after a kill here, whoever comes next goes
  // on from the record, and puts it back or aside.
  Error stranded(SchedulePosition end) {
    held_.release();
    end_before_root(end);
    return can_not_put_aside();
  }

  // What is left is what comes from `end` on, and the root's own metadata.
  void end_before_root(SchedulePosition end) {
    next_ = end;
    if (root_finish_ && end == schedule_.end()) --next_.other;
  }

  // Everything is where it belongs, and durable: the old goes.
  Status conclude(const Workshop& shop, SchedulePosition end, Transaction& transaction) {
    held_.release();
    const auto purged = shop.committer.discards().purge();
    if (!purged) {
      // CRASH: as after a kill here, whoever comes next looks through it with the record's help.
      end_before_root(end);
      return can_not_purge(purged.error(), transaction.has_record());
    }
    next_ = end;
    if (!*purged) {
      // CRASH: as after a kill here, the next run removes what the marker DONE says may go.
      is_old_left_ = true;
      return success();
    }
    Status forgotten = transaction.forget();
    // After the last window the whole folder goes.
    return next_ == schedule_.end() ? success() : forgotten;
  }

  // Nothing was changed yet, and nothing will be.
  Status call_off(const Workshop& shop, OpenWindow& window) {
    next_ = schedule_.past(next_, seqs_of(window));
    rolled_back_ = true;
    stopped_ = stopped();
    discard_backup();
    std::set<RelPath> made;
    for (const Slot& slot : window.slots()) {
      const Action& action = slot.action;
      if (action.phase == Phase::kMkdir) made.insert(action.path);
      const bool comes_later = action.phase == Phase::kFinish && made.contains(action.path);
      shop.committer.tell_only(slot, comes_later);
    }
    held_.release_as_rolled_back();
    return success();
  }

  Status roll_back(const Workshop& shop, Transaction& transaction) {
    next_ = schedule_.end();
    if (root_finish_) shop.committer.skip(*root_finish_);
    if (Status back = transaction.roll_back(); !back) {
      held_.release_as_failed(back.error());
      return back;
    }
    rolled_back_ = true;
    discard_backup();
    held_.release_as_rolled_back();
    shop.committer.discards().forget();
    staging_left_ = transaction.has_conflicts();
    (void)transaction.forget();  // the whole folder goes now
    return success();
  }

  const ApplyRequest& request_;
  FileSystem& fs_;
  LimitBook book_;
  Policy policy_;  // with the limits that are known by now
  ReplicaNames names_;
  LookContext looks_;
  std::size_t max_open_;
  HeldReports held_{request_.observer};
  SyncContext syncing_{fs_, request_.durable, request_.plan.options.cross_mounts,
                       request_.observer};
  std::unique_ptr<OpenWindow> ahead_;  // the window after the one under way, where it is begun
  std::optional<Backup> backup_;
  const std::size_t total_ = request_.plan.actions.size();
  // The plan's last action, where it is the root's own, which comes when all windows are done.
  std::optional<Slot> root_finish_;
  Schedule schedule_;
  WindowLimits windows_;    // in which it fits
  SchedulePosition next_;   // where the window under way begins
  bool has_begun_ = false;  // there is a committer, which closes the root in the end
  bool is_committing_ = false;
  bool is_old_left_ = false;
  bool stopped_ = false;
  bool rolled_back_ = false;
  bool staging_left_ = false;
  bool left_open_ = false;           // by the last try
  std::set<std::string> told_open_;  // their paths
  AllLoosened root_loosened_;        // the root, where it was opened up for the area
  bool is_refused_ = false;
};

}  // namespace

Result<ApplyResult> apply_plan(const ApplyRequest& request) { return Engine(request).run(); }

}  // namespace foldersync
