#include "apply/engine.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apply/check_only.h"
#include "apply/committer.h"
#include "apply/first_room.h"
#include "apply/foreign_places.h"
#include "apply/held_reports.h"
#include "apply/look/look.h"
#include "apply/opened_for_run.h"
#include "apply/stage/job.h"
#include "apply/stage/limit_book.h"
#include "apply/stage/record.h"
#include "apply/stage/run_area.h"
#include "apply/stage/schedule.h"
#include "apply/transaction.h"
#include "apply/windows.h"
#include "fs/clock.h"
#include "fs/denial.h"
#include "fs/directory_cursor.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

// Over the network the folder that a thread stages in takes about as long to be made and removed as
// what is staged in it.
std::size_t threads_for(const ApplyRequest& request) {
  if (request.replica.sharing != Sharing::kShared) return request.threads;
  const double worth = std::ceil(std::sqrt(static_cast<double>(request.plan.actions.size())));
  return std::clamp(static_cast<std::size_t>(worth), std::size_t{1}, request.threads);
}

// What makes a name in the staging folder one that no earlier run has had there. A file that gets
// the name of a folder that was removed can't be read on some (rclone, for a while).
std::string mark_of_run(const ApplyRequest& request) {
  if (request.replica.sharing != Sharing::kShared) return {};
  const FileTime now = wall_clock_now();
  return "-" + std::to_string(now.seconds) + "-" + std::to_string(now.nanoseconds);
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
        max_open_(descriptors_per_cursor(3 * (request.threads + 1))),
        wind_up_(request.stop, request.windows.wind_up_seconds, request.windows.clock) {
    syncing_.wind_up = &wind_up_;
  }

  Result<ApplyResult> run() {
    auto ended = try_to_run();
    const bool is_told = !ended && ended.error().code == ErrorCode::kStopped;
    if (!is_told || has_begun_) return ended;
    return stopped_error("apply", "told to stop before anything was changed");
  }

 private:
  Result<ApplyResult> try_to_run() {
    held_.on_failure([this] { return still_there(request_.source, &request_.replica); });
    if (request_.dry_run) {
      TRY(refuse_what_can_not_go_back());
      TRY(check_only(request_, looks_, max_open_));
      return result();
    }
    const auto is_done = TRY(tell_if_done(request_, looks_, max_open_));
    if (is_done) return result({.staging_left = !drop_partial_copies(request_)});
    if (request_.refuse_stale) {
      const auto refused = TRY(refuse_if_stale(request_, looks_, max_open_));
      if (refused) return result({.refused = true});
    }
    TRY(refuse_what_can_not_go_back());
    limits_ = TRY(make_room(request_));
    auto room = TRY(make_first_room(request_, looks_, max_open_));
    held_.are_done(std::move(room.gone));
    backup_ = std::move(room.backup);
    root_finish_ = TRY(root_finish_of(request_.plan.actions));
    schedule_ = TRY(Schedule::of(request_.plan.actions));
    auto ended = run_in_area();
    const bool lacks_room = !ended && !has_begun_ && is_full_disk(ended.error());
    if (!lacks_room || backup_) return ended;
    room = TRY(make_first_room(request_, looks_, max_open_, Lack::kSeen));
    if (room.gone.empty()) return ended;
    held_.are_done(std::move(room.gone));
    backup_ = std::move(room.backup);
    return run_in_area();
  }

  Status refuse_what_can_not_go_back() {
    return request_.atomic ? refuse_foreign_places(request_, looks_, max_open_) : success();
  }

  [[nodiscard]] bool is_stopped() const { return request_.stop != nullptr && *request_.stop; }

  // With what is known whatever came of it.
  ApplyResult result(ApplyResult of = {}) const {
    of.limits = book_.limits();
    of.stopped = of.stopped || is_stopped();
    const Losses losses = book_.losses();
    of.xattrs_denied = losses.denied_xattrs || losses.lacks_xattrs;
    of.metadata_lost = losses.metadata;
    of.links_parted = losses.parted_links;
    return of;
  }

  Result<ApplyResult> run_in_area() {
    auto area = TRY(open_staging_area(request_, max_open_, root_opened_));
    area.heed(wind_up_);
    looks_.staging_name = area.name();
    auto ended = run_in(area);
    if (!ended && !has_begun_) give_up(area);
    return ended;
  }

  Result<ApplyResult> run_in(StagingArea& area) {
    std::vector<Looker> lookers;
    std::vector<Fd> folders;
    std::vector<std::string> names;
    const std::string mark = mark_of_run(request_);
    const std::size_t threads = threads_for(request_);
    lookers.reserve(threads);
    for (std::size_t thread = 0; thread < threads; ++thread) {
      names.push_back(std::to_string(thread) + mark);
      auto folder = TRY(area.folder(names.back()));
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
            .folder_names = names,
            .max_open = max_open_,
            .wind_up = wind_up_,
            .partials = &partials};
    Committer committer(job, conflicts);
    has_begun_ = true;
    if (request_.replica.opened_up) {
      root_opened_.try_emplace(RelPath(), request_.replica.opened_up->hand_over());
    }
    lookers.front().replica().opened_up() = std::move(root_opened_);
    const Windows::Crew crew{job, committer, conflicts, held_};
    Windows windows(crew, limits_, schedule_, root_finish_, std::move(backup_));
    Status went = windows.run();
    committer.opened().close_below_root();
    if (!went) return break_off(crew, windows, std::move(went).error());
    return end(crew, windows);
  }

  // Nothing was begun.
  void give_up(StagingArea& area) {
    (void)end_area(request_, area, {.keeps_partial = true});
    if (root_opened_.empty()) return;
    ReplicaAccess access(fs_, request_.replica.fd.get(), {}, max_open_);
    access.opened_up() = std::move(root_opened_);
    std::vector<Looker> no_others;
    OpenedForRun(request_, no_others, access).close_all();
  }

  // Told to stop, it leaves of large files what it has, as a killed run does.
  bool leave_area(const Windows::Crew& crew, Windows& windows) {
    StagingArea& area = crew.job.area;
    if (area.home_mtime() || windows.rolled_back())
      windows.discard_backup();  // nothing was changed
    return end_area(request_, area,
                    {.strands_others = crew.conflicts.failed(),
                     .has_old = windows.leaves_old(),
                     .has_nested = crew.committer.discards().leaves_nested(),
                     .keeps_partial = is_stopped()});
  }

  Result<ApplyResult> end(const Windows::Crew& crew, Windows& windows) {
    if (!windows.rolled_back()) crew.committer.learn_of_root();
    const bool is_gone = leave_area(crew, windows);
    Status ended = end_root(crew.committer, windows);
    crew.committer.opened().close_all();
    book_.tell_news(request_.observer);
    TRY(ended);
    return result({.stopped = windows.was_stopped(),
                   .rolled_back = windows.rolled_back(),
                   .staging_left = !is_gone || crew.conflicts.any() || windows.has_conflicts(),
                   .times_moved = request_.follow_source && windows.have_times_moved(),
                   .left_open = crew.committer.opened().any_left(),
                   .backup = windows.backup()});
  }

  // Gives the root its metadata: the plan's last action, if there is one.
  // CRASH: killed before, the root has the time at which the staging folder vanished, and the next
  // plan finds it.
  Status end_root(Committer& committer, const Windows& windows) {
    const std::optional<Slot>& finish = windows.root_finish();
    if (finish && !windows.rolled_back()) {
      is_stopped() && !request_.atomic ? committer.skip(*finish) : committer.finish(*finish);
    }
    Status synced = Barrier(syncing_).opened(request_.replica.fd.get());
    if (windows.rolled_back()) return synced;
    synced ? held_.release() : held_.release_as_failed(synced.error());
    return success();
  }

  // The whole operation has failed: what was not reported yet was not done. What a window has begun
  // stays for the next run to bring to rest.
  Error break_off(const Windows::Crew& crew, Windows& windows, Error error) {
    const auto marker = read_marker(fs_, crew.job.area.fd());
    if (marker && !*marker) (void)leave_area(crew, windows);
    crew.committer.opened().close_all();
    held_.release();
    // What can't be read can't be told of either.
    if (windows.skip_rest() && windows.root_finish()) crew.committer.skip(*windows.root_finish());
    held_.release();
    return error;
  }

  const ApplyRequest& request_;
  FileSystem& fs_;
  LimitBook book_;
  Policy policy_;  // with the limits that are known by now
  ReplicaNames names_;
  LookContext looks_;
  std::size_t max_open_;
  const WindUp wind_up_;
  HeldReports held_{request_.observer};
  SyncContext syncing_{fs_, request_.durable, request_.plan.options.cross_mounts,
                       request_.observer};
  WindowLimits limits_;              // in which the plan fits
  std::optional<Slot> root_finish_;  // its last action, where it is the root's own
  Schedule schedule_;
  std::shared_ptr<Backup> backup_;  // where it is begun before the windows
  AllOpenedUp root_opened_;         // the root, where it was opened up for the staging folder
  bool has_begun_ = false;          // there is a committer, which closes the root in the end
};

}  // namespace

Result<ApplyResult> apply_plan(const ApplyRequest& request) { return Engine(request).run(); }

}  // namespace foldersync
