#include "apply/stage/staging_entry.h"

#include <cerrno>
#include <optional>
#include <string>

#include "apply/look/replica_access.h"
#include "apply/stage/space.h"

namespace foldersync {

Result<StagingArea> open_staging_area(FileSystem& fs, const Root& replica, bool as_root,
                                      std::size_t max_open) {
  const int root = replica.fd.get();
  auto area = StagingArea::open(fs, root, as_root);
  if (!area && area.error().error_number == EROFS) {
    return Error{ErrorCode::kRefused, "stage", replica.path, EROFS, "the replica can't be written"};
  }
  if (area || area.error().error_number != EACCES) return area;
  // A read-only root of the caller's own: `finish` of the root gives it its mode.
  ReplicaAccess access(fs, root, {}, max_open);
  if (!access.loosen(root, RelPath())) return area;
  return StagingArea::open(fs, root, as_root);
}

Status make_room(const ApplyRequest& request) {
  if (!request.check_space) return success();
  Status fits = check_space(request);
  if (!fits && drop_partial_copies(request.fs, request.replica)) fits = check_space(request);
  return fits;
}

bool drop_partial_copies(FileSystem& fs, const Root& replica) {
  auto area = StagingArea::find(fs, replica.fd.get());
  if (!area || !*area) return area.ok();
  const std::optional<FileTime> mtime = (*area)->home_mtime();
  const auto kept = (*area)->remove();
  // Where this fails, the next plan finds the time.
  if (kept && mtime) (void)fs.set_mtime({replica.fd.get(), false}, *mtime);
  return kept && !*kept;
}

Error can_not_put_aside() {
  return {ErrorCode::kSystem, "put aside", std::string(kStagingName), 0,
          "what others wrote in the middle of this run could not be put aside; the next run tries "
          "again"};
}

Error can_not_purge(Error why, bool is_recorded) {
  why.detail = std::string(
                   "what was deleted lies in '.sync-txn': it can't be removed, or not be looked "
                   "through for what others put into it; ") +
               (is_recorded ? "the next run goes on with it"
                            : "save it before the next run, which would remove it");
  return why;
}

}  // namespace foldersync
