#include "apply/stage/staging_entry.h"

#include <cerrno>

#include "apply/stage/space.h"
#include "apply/stage/staging_end.h"

namespace foldersync {

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
