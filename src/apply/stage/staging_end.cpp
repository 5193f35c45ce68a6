#include "apply/stage/staging_end.h"

#include <optional>

namespace foldersync {
namespace {

bool remove_area(const ApplyRequest& request, StagingArea& area, const AreaContents& contents) {
  ApplyObserver& observer = request.observer;
  if (contents.strands_others) {
    // CRASH: the next run takes it for what a killed run left.
    observer.warn("what others wrote in the middle of this run lies in the replica's '" +
                  area.name() + "' and could not be put aside: save it before the next run");
    return false;
  }
  if (contents.has_old) {
    observer.warn("told to stop: the next run removes what this one replaced or deleted");
    return false;
  }
  const auto kept = contents.keeps_partial ? area.remove_but_partial() : area.remove();
  if (kept && *kept) return false;
  if (!kept || contents.has_nested) {
    observer.warn("a staging folder '" + area.name() +
                  "' could not be removed; the next run does it");
    return false;
  }
  // The key goes with the last of them.
  if (!area.earlier_folder()) request.keys.end(request.replica.identity, area.key());
  return true;
}

}  // namespace

bool end_area(const ApplyRequest& request, StagingArea& area, const AreaContents& contents) {
  const std::optional<FileTime> mtime = area.home_mtime();
  const bool is_gone = remove_area(request, area, contents);
  // Where this fails, the next plan finds the time.
  if (mtime) (void)request.fs.set_mtime({request.replica.fd.get(), false}, *mtime);
  return is_gone;
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
    const std::optional<FileTime> mtime = (*area)->home_mtime();
    const auto kept = (*area)->remove();
    // Where this fails, the next plan finds the time.
    if (kept && mtime) (void)request.fs.set_mtime({replica.fd.get(), false}, *mtime);
    if (kept && !*kept) request.keys.end(replica.identity, key);
    is_all_gone = is_all_gone && kept && !*kept;
  }
  return is_all_gone;
}

}  // namespace foldersync
