#include "apply/engine.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <utility>

#include "apply/committer.h"
#include "apply/limit_book.h"
#include "apply/look.h"
#include "apply/staging_area.h"
#include "apply/window.h"
#include "fs/directory_cursor.h"
#include "plan/json.h"

namespace foldersync {
namespace {

constexpr const char* kRecordName = "record";
constexpr std::size_t kRecordBuffer = 64 * 1024;

class Engine {
 public:
  explicit Engine(const ApplyRequest& request)
      : request_(request),
        fs_(request.fs),
        book_(request.policy.limits),
        looks_{request.fs,     request.source, request.replica,      request.plan.options,
               request.policy, request.filter, request.follow_source},
        stages_{request.fs,     request.policy,        book_, request.follow_source, request.stop,
                request.copied, &request.plan.problems},
        max_open_(descriptors_per_cursor(2 * (request.threads + 1))) {}

  Result<ApplyResult> run() {
    if (request_.dry_run) return check_only();
    if (all_already_done()) return result(false);
    auto area = open_area();
    if (!area) return area.error();
    return run_in(*area);
  }

 private:
  ApplyResult result(bool staging_left) const { return {book_.limits(), stopped(), staging_left}; }

  bool stopped() const { return request_.stop != nullptr && *request_.stop; }

  Result<StagingArea> open_area() {
    const int root = request_.replica.fd.get();
    auto area = StagingArea::open(fs_, root, request_.policy.as_root);
    if (!area && area.error().error_number == EROFS) {
      return Error{ErrorCode::kRefused, "stage", request_.replica.path, EROFS,
                   "the replica can't be written"};
    }
    if (area || area.error().error_number != EACCES) return area;
    // A read-only root of the caller's own: `finish` of the root gives it its mode.
    Looker looker(looks_, max_open_, true);
    if (!looker.loosen(root, RelPath())) return area;
    return StagingArea::open(fs_, root, request_.policy.as_root);
  }

  Result<ApplyResult> run_in(StagingArea& area) {
    std::vector<Looker> lookers;
    std::vector<Fd> folders;
    lookers.reserve(request_.threads);
    for (std::size_t thread = 0; thread < request_.threads; ++thread) {
      auto folder = area.folder(std::to_string(thread));
      if (!folder) return folder.error();
      folders.push_back(std::move(*folder));
      lookers.emplace_back(looks_, max_open_, true);
    }
    auto own_folder = area.folder("commit");
    if (!own_folder) return own_folder.error();
    auto conflicts = area.conflict_folder();
    if (!conflicts) return conflicts.error();
    Looker own(looks_, max_open_, true);
    const CommitContext context{request_, looks_, stages_, book_, area};
    Committer committer(context, own, std::move(*own_folder), std::move(*conflicts));
    run_windows(area, committer, lookers, folders);
    committer.tighten(lookers);
    committer.learn_root_mtime();
    const bool removed = remove_area(area, committer);
    finish_root(committer);
    tell_news();
    return result(!removed || committer.has_conflicts());
  }

  // Removes the staging folder, and says so where it stays.
  bool remove_area(StagingArea& area, const Committer& committer) {
    if (committer.must_keep_staging()) {
      // CRASH: the next run takes it for what a killed run left.
      request_.observer.warn(
          "what others wrote in the middle of this run lies in the replica's '.sync-txn' and could "
          "not be put aside: save it before the next run");
      return false;
    }
    const bool removed = area.remove().ok() && !committer.leaves_nested();
    if (!removed) {
      request_.observer.warn(
          "a staging folder '.sync-txn' could not be removed; the next run does it");
    }
    return removed;
  }

  static bool is_root_finish(const Action& action) {
    return action.phase == Phase::kFinish && action.path.is_root();
  }

  // It is the plan's last action, if there is one.
  void finish_root(Committer& committer) {
    const std::vector<Action>& actions = request_.plan.actions;
    if (!is_root_finish(actions.back())) return;
    if (stopped()) return committer.skip(actions.back(), actions.size());
    committer.finish(actions.back(), actions.size());
  }

  void tell_news() {
    for (const std::string& sentence : book_.take_news()) request_.observer.warn(sentence);
  }

  // A plan that was applied before changes nothing, not even the time of the root.
  bool all_already_done() {
    Looker looker(looks_, max_open_, false);
    const auto is_done = [&](const Action& action) {
      return !stopped() && looker.look(action).finding == Finding::kAlready;
    };
    const std::vector<Action>& actions = request_.plan.actions;
    if (!std::all_of(actions.begin(), actions.end(), is_done)) return false;
    Outcomes outcomes(request_.observer, request_.follow_source);
    for_each({0, actions.size()}, [&](const Action& action, std::uint64_t seq) {
      outcomes.done(action, seq, Outcome::kAlready);
    });
    return true;
  }

  // CRASH: killed while staging, nothing is visible yet, and the next run removes the staging
  // folder. CRASH: killed between renames, each of them is complete or not begun; directories keep
  // the time of the last change and u+rwx until the next run's plan finds that they differ.
  void run_windows(StagingArea& area, Committer& committer, std::vector<Looker>& lookers,
                   const std::vector<Fd>& folders) {
    const std::vector<Action>& actions = request_.plan.actions;
    for (std::size_t begin = 0; begin < actions.size();) {
      const WindowRange range = window_at(actions, begin);
      if (!write_record(area, range)) {
        // On a full disk there may still be deletions to come that make room.
        (void)fs_.remove_file(area.fd(), kRecordName);
      }
      auto slots = stage_window({looks_, stages_, actions, range, lookers, folders});
      commit(committer, range, slots, folders);
      committer.purge();
      for_each(range, [&](const Action& action, std::uint64_t seq) {
        if (action.phase != Phase::kFinish || is_root_finish(action)) return;
        if (stopped()) return committer.skip(action, seq);
        committer.finish(action, seq);
      });
      tell_news();
      begin = range.end;
    }
  }

  // The renames in the plan's order, then what changes in place.
  void commit(Committer& committer, WindowRange range, std::vector<StagedSlot>& slots,
              const std::vector<Fd>& folders) {
    const auto is_in_place = [](const Action& action) { return action.op == Op::kMetadata; };
    for_each(range, [&](const Action& action, std::uint64_t seq) {
      if (action.phase == Phase::kFinish || is_in_place(action)) return;
      if (stopped()) return committer.skip(action, seq);
      committer.commit(action, seq, slots[seq - 1 - range.begin], folders);
    });
    for_each(range, [&](const Action& action, std::uint64_t seq) {
      if (action.phase == Phase::kFinish || !is_in_place(action)) return;
      if (stopped()) return committer.skip(action, seq);
      committer.change_in_place(action, seq);
    });
  }

  template <class Do>
  void for_each(WindowRange range, Do act) {
    for (std::size_t i = range.begin; i < range.end; ++i) act(request_.plan.actions[i], i + 1);
  }

  // What the window is about to do, in the form of the plan document, for whoever has to find out
  // after a kill what went on.
  Status write_record(StagingArea& area, WindowRange range) {
    Status removed = fs_.remove_file(area.fd(), kRecordName);
    if (!removed && removed.error().error_number != ENOENT) return removed;
    auto file = fs_.create_file(area.fd(), kRecordName, 0600);
    if (!file) return file.error();
    std::string text = "{\"plan_id\":" + json_string(request_.plan.plan_id) +
                       ",\"begin\":" + std::to_string(range.begin + 1) +
                       ",\"end\":" + std::to_string(range.end) + "}\n";
    const auto flush = [&]() -> Status {
      for (std::size_t at = 0; at < text.size();) {
        const auto count = fs_.write(file->get(), std::as_bytes(std::span(text)).subspan(at));
        if (!count) return count.error();
        at += *count;
      }
      text.clear();
      return success();
    };
    for (std::size_t i = range.begin; i < range.end; ++i) {
      text += action_json(request_.plan.actions[i], i + 1) + "\n";
      if (text.size() < kRecordBuffer) continue;
      if (Status written = flush(); !written) return written;
    }
    if (Status written = flush(); !written) return written;
    return fs_.close(std::move(*file));
  }

  Result<ApplyResult> check_only() {
    Looker looker(looks_, max_open_, false);
    Outcomes outcomes(request_.observer, request_.follow_source);
    std::set<RelPath> made;  // directories that earlier actions would make
    for_each({0, request_.plan.actions.size()}, [&](const Action& action, std::uint64_t seq) {
      if (stopped()) return outcomes.skip(action, seq);
      if (action.phase == Phase::kMkdir) made.insert(action.path);
      if (action.phase == Phase::kFinish && made.contains(action.path)) {
        return outcomes.done(action, seq, Outcome::kOk);
      }
      const LookResult look = looker.look(action);
      if (outcomes.settle_look(action, seq, look)) return;
      if (auto drift = foreign_name(action, look, 0)) {
        return outcomes.stale(action, seq, {std::move(*drift)});
      }
      outcomes.done(action, seq, Outcome::kOk);
    });
    return result(false);
  }

  const ApplyRequest& request_;
  FileSystem& fs_;
  LimitBook book_;
  LookContext looks_;
  StageContext stages_;
  std::size_t max_open_;
};

}  // namespace

Result<ApplyResult> apply_plan(const ApplyRequest& request) { return Engine(request).run(); }

Status clear_leftovers(FileSystem& fs, const Root& replica, const std::vector<RelPath>& leftovers) {
  CursorRules rules;
  rules.only_mount = replica.status.mount;
  DirectoryCursor cursor(fs, replica.fd.get(), rules, descriptors_per_cursor(1));
  for (const RelPath& leftover : leftovers) {
    const auto home = cursor.enter(leftover.parent_bytes());
    if (!home) return home.error();
    // It may be the work of a run that mirrors only this part, and is at it now.
    const auto own = fs.open_directory(*home, ".");
    if (!own) return own.error();
    if (const Status locked = fs.lock(own->get()); !locked) {
      return Error{ErrorCode::kLocked, "lock", leftover.bytes(), EWOULDBLOCK,
                   "another run is working on a part of this replica"};
    }
    const auto cleared = StagingArea::clear_leftover(fs, own->get());
    if (!cleared) return Error(cleared.error()).at(leftover.bytes());
  }
  return success();
}

Status lock_replica(FileSystem& fs, const Root& replica) {
  Status locked = fs.lock(replica.fd.get());
  if (locked) return locked;
  if (locked.error().error_number != EWOULDBLOCK) return std::move(locked).error().at(replica.path);
  return Error{ErrorCode::kLocked, "lock", replica.path, EWOULDBLOCK,
               "another run is working on this replica"};
}

}  // namespace foldersync
