#include "apply/stage/run_area.h"

#include <cerrno>
#include <optional>

#include "apply/stage/space.h"

namespace foldersync {
namespace {

// Where this fails, the next plan finds the time.
void date_root(FileSystem& fs, const Root& replica, const std::optional<FileTime>& mtime) {
  if (mtime) (void)fs.set_mtime({replica.fd.get(), false}, *mtime);
}

}  // namespace

Result<bool> remove_area(const AreaHome& home, StagingArea& area, const AreaContents& contents) {
  const std::optional<FileTime> mtime = area.home_mtime();
  auto kept = contents.keeps_partial ? area.remove_but_partial() : area.remove();
  date_root(home.fs, home.replica, mtime);
  const bool is_gone = kept && !*kept && !contents.has_nested;
  if (is_gone && !area.earlier_folder()) home.keys.end(home.replica.identity, area.key());
  return kept;
}

bool end_area(const ApplyRequest& request, StagingArea& area, const AreaContents& contents) {
  ApplyObserver& observer = request.observer;
  if (contents.strands_others) {
    // CRASH: the next run takes it for what a killed run left.
    observer.warn("what others wrote in the middle of this run lies in the replica's '" +
                  area.name() + "' and could not be put aside: save it before the next run");
  } else if (contents.has_old) {
    observer.warn("told to stop: the next run removes what this one replaced or deleted");
  }
  if (contents.strands_others || contents.has_old) {
    date_root(request.fs, request.replica, area.home_mtime());
    return false;
  }
  const auto kept = remove_area({request.fs, request.replica, request.keys}, area, contents);
  if (kept && *kept) return false;
  if (!kept || contents.has_nested) {
    observer.warn("a staging folder '" + area.name() +
                  "' could not be removed; the next run does it");
    return false;
  }
  return true;
}

bool drop_partial_copies(const ApplyRequest& request) {
  const Root& replica = request.replica;
  bool is_all_gone = true;
  for (const StagingKey& key : request.keys.of(replica.identity)) {
    auto area = StagingArea::find(request.fs, {replica.fd.get(), replica.identity, {}}, key);
    if (!area || !*area) {
      is_all_gone = is_all_gone && area.ok();
      continue;
    }
    const auto kept = remove_area({request.fs, replica, request.keys}, **area, {});
    is_all_gone = is_all_gone && kept && !*kept;
  }
  return is_all_gone;
}

Result<StagingArea> find_or_make_area(const AreaRequest& request) {
  const Root& replica = request.replica;
  const StagingPlace place{replica.fd.get(), replica.identity, {}};
  for (const StagingKey& key : request.keys.of(replica.identity)) {
    auto found = TRY(StagingArea::find(request.fs, place, key));
    if (!found) continue;
    TRY(found->reuse(request.as_root));
    return std::move(*found);
  }
  const StagingKey key = request.keys.begin(replica.identity);
  return StagingArea::make(request.fs, place, key, request.as_root, request.durable);
}

Result<StagingArea> open_staging_area(const ApplyRequest& request, std::size_t max_open,
                                      AllOpenedUp& opened_up) {
  const Root& replica = request.replica;
  const AreaRequest wanted{request.fs, replica, request.keys, request.policy.as_root,
                           request.durable};
  auto area = find_or_make_area(wanted);
  if (!area && area.error().error_number == EROFS) {
    return refused_error("stage", "the replica can't be written", EROFS).at(replica.path);
  }
  if (area || area.error().error_number != EACCES) return area;
  // A read-only root of the caller's own.
  ReplicaAccess access(request.fs, replica.fd.get(), {}, max_open);
  access.note_in(replica.notes.get());
  if (!access.open_up(replica.fd.get(), RelPath())) return area;
  area = find_or_make_area(wanted);
  if (area) {
    opened_up = std::move(access.opened_up());
  } else {
    (void)access.close_again(std::move(access.opened_up()));  // the next plan finds the mode
  }
  return area;
}

Result<WindowLimits> make_room(const ApplyRequest& request) {
  if (!request.check_space) return windows_of(request);
  auto fits = check_space(request);
  if (!fits && drop_partial_copies(request)) fits = check_space(request);
  return fits;
}

}  // namespace foldersync
