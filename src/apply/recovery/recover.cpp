#include "apply/recovery/recover.h"

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "apply/backup/backup.h"
#include "apply/recovery/nested_areas.h"
#include "apply/recovery/window_replay.h"
#include "apply/stage/barrier.h"
#include "apply/stage/record.h"
#include "apply/stage/staging_area.h"
#include "core/program_name.h"
#include "core/text.h"
#include "format/errno_name.h"
#include "fs/boot.h"
#include "fs/directory_cursor.h"
#include "fs/replica_access.h"

namespace foldersync {
namespace {

// A staging folder, and how far its window is.
struct Seen {
  StagingArea area;
  std::optional<Marker> marker;
  std::optional<WindowRecord> record;  // nothing: it isn't there, or none that is whole
  bool has_record = false;             // something is there
};

Status read(FileSystem& fs, Seen& seen, const std::atomic<bool>* stop) {
  const int area = seen.area.fd();
  seen.marker = TRY(read_marker(fs, area));
  if (!seen.marker) return success();
  const auto status = TRY(fs.status(area));
  auto record = read_record(fs, {area, status.device, seen.area.key(), stop});
  seen.has_record = record || record.error().error_number != ENOENT;
  if (record) seen.record = std::move(*record);
  if (record || !seen.has_record) return success();
  return record.error().code == ErrorCode::kInvalidDocument ? success() : Status(record.error());
}

// Changes nothing. An error has the folder's name.
Result<std::optional<Seen>> look(FileSystem& fs, const StagingPlace& place, const StagingKey& key,
                                 const std::atomic<bool>* stop) {
  auto area = TRY(StagingArea::find(fs, place, key));
  if (!area) return std::optional<Seen>();
  Seen seen{std::move(*area), std::nullopt, std::nullopt};
  if (Status found = read(fs, seen, stop); !found)
    return std::move(found).error().at(seen.area.name());
  return std::optional(std::move(seen));
}

class Recoverer {
 public:
  explicit Recoverer(const RecoverRequest& request)
      : request_(request),
        fs_(request.fs),
        place_{request.replica.fd.get(), request.replica.identity, {}},
        book_(request.policy.limits),
        wind_up_(request.stop, 0) {}

  Result<Recovered> run() {
    const Root& replica = request_.replica;
    for (const StagingKey& key : request_.keys.of(replica.identity)) {
      auto seen = look_at(key);
      // What fails but once stops nobody.
      if (!seen && is_of_what_lies_there(seen.error())) seen = look_at(key);
      if (!seen && is_of_what_lies_there(seen.error())) {
        leave_unread(key, std::move(seen).error());
        continue;
      }
      if (!seen) return std::move(seen).error();
      if (!*seen) {
        request_.keys.forget(replica.identity, key);
        continue;
      }
      TRY(go_on_from(**seen));
      if (result_.conflicts) result_.folder = (*seen)->area.name();
      const auto found = TRY(StagingArea::find(fs_, place_, key));
      if (!found) request_.keys.end(replica.identity, key);
    }
    return result_;
  }

 private:
  Result<std::optional<Seen>> look_at(const StagingKey& key) const {
    return look(fs_, place_, key, request_.stop);
  }

  // A run makes all else equal, so that nobody may execute later what lies there.
  void leave_unread(const StagingKey& key, Error error) {
    if (request_.run_follows) request_.keys.forget(request_.replica.identity, key);
    result_.unread.push_back(std::move(error));
  }

  [[nodiscard]] int root() const { return request_.replica.fd.get(); }

  Result<Recovered> go_on_from(Seen& seen) {
    StagingArea& area = seen.area;
    area.heed(wind_up_);
    if (request_.drop_conflicts) TRY(area.drop_conflicts());
    if (!seen.marker) return clear(area);
    if (seen.record) return bring_to_end(area, *seen.record, *seen.marker);
    // The record goes when all that was to be removed is gone, and then the marker.
    const bool is_over = !seen.has_record && is_final(*seen.marker);
    return is_over ? clear(area) : give_up(area);
  }

  Result<bool> clear_out(StagingArea& area) const {
    return request_.run_follows ? area.remove_but_partial() : area.remove();
  }

  // Nothing was changed yet, or everything was, and removed what was to be removed.
  Result<Recovered> clear(StagingArea& area) {
    const std::optional<FileTime> mtime = area.home_mtime();
    const auto conflicts = clear_out(area);
    if (!conflicts) return conflicts.error();
    result_.conflicts = *conflicts;
    // Where only conflicts were kept, there was no run that was killed.
    if (mtime || !*conflicts) result_.what = Recovered::What::kCleared;
    if (mtime) date_root(*mtime);
    if (result_.what == Recovered::What::kCleared) TRY(sync_root());
    return result_;
  }

  // The time that it had. All else is at rest, so that a failure stops nobody.
  void date_root(FileTime mtime) {
    const Status dated = fs_.set_mtime({root(), false}, mtime);
    if (dated) return;
    request_.observer.warn(
        std::string("recovery: the time of the replica itself can't be given back (") +
        errno_name(dated.error().error_number) + ")");
  }

  // The end of the staging folder, and the root's own metadata.
  Status sync_root() { return sync(root(), true); }

  Status sync(int fd, bool wanted) {
    SyncContext syncing{fs_, wanted, false, request_.observer};
    return Barrier(syncing).opened(fd);
  }

  Status mark(StagingArea& area, const WindowRecord& record, Marker marker, Marker from) {
    Status set = set_marker(fs_, area.fd(), marker, from);
    return set ? sync(area.fd(), record.durable) : set;
  }

  // The record can't be read, which a power cut without barriers brings about: what lies here may
  // be the old content of files, or a directory that others have filled since it was displaced.
  Result<Recovered> give_up(StagingArea& area) {
    request_.observer.warn(
        "what a killed run had recorded can't be read: all that it had displaced is kept in the "
        "replica's '" +
        area.name() + "/conflict'");
    TRY(area.put_all_aside());
    const auto conflicts = area.remove();
    if (!conflicts) return conflicts.error();
    result_.conflicts = *conflicts;
    result_.what = Recovered::What::kCleared;
    return result_;
  }

  // Whether to take back instead of finishing.
  bool goes_back(const WindowRecord& record, Marker marker) {
    if (marker == Marker::kRollback || request_.wanted == Recovery::kRollBack) return true;
    if (record.durable || record.boot == boot_id()) return false;
    request_.observer.warn(
        "the system went down while changes were not yet safe on disk (--durability none): they "
        "are taken back");
    return true;
  }

  Result<Recovered> bring_to_end(StagingArea& area, const WindowRecord& record, Marker marker) {
    Policy policy = request_.policy;
    policy.mirrors_owners = record.owners;
    policy.fields = record.plan.options.fields;
    WindowReplay replay({fs_, request_.replica, policy, request_.observer, book_, wind_up_}, area,
                        record);
    const bool back =
        marker == Marker::kUndone || (marker != Marker::kDone && goes_back(record, marker));
    bool is_put_aside = false;
    if (!is_final(marker)) {
      TRY(turn(area, record, marker, back));
      TRY(back ? replay.backward() : replay.forward());
      TRY(back ? success() : keep_old(area, record, policy));
      is_put_aside = TRY(bring_to_rest(area, record, replay, back));
    }
    TRY(is_put_aside ? success() : replay.purge());
    const bool has_more = TRY(clear_nested_areas(fs_, request_.replica, {area, record, wind_up_}));
    if (has_more) result_.conflicts = true;
    result_.what = back ? Recovered::What::kRolledBack : Recovered::What::kFinished;
    // Where all was done, only what was to be removed was left.
    if (is_final(marker)) result_.what = Recovered::What::kCleared;
    return leave(area, replay, back);
  }

  // A run that was to keep what it replaced has not done so yet, or not all.
  Status keep_old(const StagingArea& area, const WindowRecord& record, const Policy& policy) {
    if (record.backup.empty()) return success();
    CursorRules rules;
    if (!record.plan.options.cross_mounts) rules.only_mount = request_.replica.status.mount;
    ReplicaAccess replica(fs_, root(), rules, descriptors_per_cursor(3));
    replica.note_in(request_.replica.notes.get());
    auto backup = Backup::reopen(fs_, record.backup, policy, record.durable, wind_up_);
    Status kept = backup ? backup->keep(record, area, replica) : Status(backup.error());
    for (const Error& error : replica.close_again(std::exchange(replica.opened_up(), {}))) {
      request_.observer.warn(left_open(error));
    }
    if (kept || kept.error().code == ErrorCode::kStopped) return kept;
    Error error = std::move(kept).error();
    error.detail =
        "the backup that the killed run was making can't be finished: see to it that "
        "the folder can be written, or take the run back with " +
        our_command("recover --rollback");
    return error;
  }

  // From here on whoever comes next goes the same way.
  Status turn(StagingArea& area, const WindowRecord& record, Marker marker, bool back) {
    if (!back || marker == Marker::kRollback) return success();
    return mark(area, record, Marker::kRollback, marker);
  }

  // The answer: whether all that lay in the area was put aside, because a step failed.
  Result<bool> bring_to_rest(StagingArea& area, const WindowRecord& record, WindowReplay& replay,
                             bool back) {
    result_.overtaken = replay.result().overtaken;
    result_.failed = replay.result().errors.size();
    const Marker marker = back ? Marker::kRollback : Marker::kCommit;
    if (!replay.result().errors.empty()) {
      if (record.atomic) {
        Error error = replay.result().errors.front();
        error.detail = "an apply that was to be all or nothing could not be " +
                       std::string(back ? "taken back" : "brought to an end") + " (" +
                       human_count(replay.result().errors.size()) +
                       " actions): repair what stands in its way and try again" +
                       (back ? "" : ", or try " + our_command("recover --rollback"));
        return error;
      }
      for (const Error& error : replay.result().errors) {
        request_.observer.warn("recovery: '" + escaped(error.path) + "' could not be " +
                               (back ? "taken back" : "finished"));
      }
      // Something of the old may still lie here, beside copies that nobody misses.
      TRY(replay.drop_unrecorded());
      TRY(area.put_all_aside());
    }
    TRY(replay.sync());
    if (!replay.result().errors.empty()) return true;  // and the markers are gone
    Status marked = mark(area, record, back ? Marker::kUndone : Marker::kDone, marker);
    return marked ? Result<bool>(false) : Result<bool>(marked.error());
  }

  Result<Recovered> leave(StagingArea& area, WindowReplay& replay, bool back) {
    const std::optional<FileTime> mtime = area.home_mtime();
    const auto conflicts = clear_out(area);
    if (!conflicts) return conflicts.error();
    result_.conflicts = result_.conflicts || *conflicts;
    if (!back) {
      replay.finish_root();  // where it fails, the next plan finds the difference
    } else if (mtime) {
      date_root(*mtime);
    }
    result_.lacking = replay.result().lacking;
    replay.close_root();
    TRY(sync_root());
    return result_;
  }

  const RecoverRequest& request_;
  FileSystem& fs_;
  StagingPlace place_;
  LimitBook book_;
  const WindUp wind_up_;  // what is broken off goes on with the next run
  Recovered result_;
};

}  // namespace

Result<Recovered> recover(const RecoverRequest& request) { return Recoverer(request).run(); }

std::vector<std::string> unfinished_backups(const Root& replica, StagingKeys& keys,
                                            const std::atomic<bool>* stop) {
  const StagingPlace place{replica.fd.get(), replica.identity, {}};
  std::vector<std::string> folders;
  for (const StagingKey& key : keys.of(replica.identity)) {
    const auto seen = look(*replica.fs, place, key, stop);
    if (!seen || !*seen || !(*seen)->record || (*seen)->record->backup.empty()) continue;
    folders.push_back((*seen)->record->backup);
  }
  return folders;
}

}  // namespace foldersync
