// Moves: an entry of the replica, with all that is in it, gets another path by one rename.
#include <cerrno>

#include "apply/stage/staging_area.h"
#include "apply/steps/step.h"

namespace foldersync {
namespace {

Result<bool> is_expected(Site& site, const Place& place, const FileStatus& expected) {
  const auto found = TRY(site.fs.status_at(place.directory, place.name.c_str()));
  return expected.is_directory() ? same_object(found, expected)
                                 : same_content_stamps(found, expected);
}

// Gives `expected`, which was seen at `from`, the name `to`, which must be free. kOvertaken: `to`
// is taken, or something else was at `from`, and everything is where it was. kStranded: something
// else was at `from`, and now has the name `to`. A directory of the caller's own that can't be
// moved because it is read-only is opened up.
Result<Published> rename(Site& site, const RelPath& from, const RelPath& to,
                         const FileStatus& expected) {
  const auto old_parent = TRY(site.replica.parent(from));
  // The next parent takes its place.
  const auto home = TRY(site.fs.open_directory(old_parent, "."));
  const auto new_parent = TRY(site.replica.parent(to));
  const Place origin{home.get(), std::string(from.name())};
  const Place target{new_parent, std::string(to.name())};
  const auto with_access = [&] {
    return site.replica.with_write_access(origin.directory, from.parent(), [&] {
      return site.replica.with_write_access(target.directory, to.parent(),
                                            [&] { return site.publisher.create(origin, target); });
    });
  };
  auto renamed = with_access();
  if (!renamed && renamed.error().error_number == EACCES && expected.is_directory() &&
      site.replica.open_to_move(origin.directory, origin.name, from, to)) {
    renamed = with_access();
  }
  if (!renamed && renamed.error().error_number == ENOENT) return Published::kOvertaken;
  if (!renamed || *renamed != Published::kDone) return renamed;
  // CRASH: killed before this look, what others put at `from` in the moment before the rename has
  // the new name, and the next plan finds it there.
  const auto as_expected = is_expected(site, target, expected);
  if (as_expected && *as_expected) {
    site.replica.follow(from, to);
    return Published::kDone;
  }
  // RACE: what others put there between the look and the rename goes back.
  const auto back = site.publisher.create(target, origin);
  if (!back || *back != Published::kDone) return Published::kStranded;
  if (!as_expected) return as_expected.error();
  return Published::kOvertaken;
}

// Brings the entry from where it may be to where it belongs. Where names are given by links, it may
// be under both.
Result<Published> bring(Site& site, const RelPath& here, const RelPath& there,
                        const FileStatus& entry) {
  const auto at_goal = TRY(site.replica.status(there));
  const auto left = TRY(site.replica.status(here));
  const bool has_arrived = at_goal && same_object(*at_goal, entry);
  const bool is_left = left && same_object(*left, entry);
  // Where numbers pass, nothing tells which of the two it is, or whether it is both.
  if (has_arrived && is_left && at_goal->by_path) return Published::kOvertaken;
  if (has_arrived && is_left) {
    TRY(at_path(site, here, [&](const Place& name) {
      return site.fs.remove_file(name.directory, name.name.c_str());
    }));
  }
  if (has_arrived) return Published::kDone;
  if (!is_left) return Published::kOvertaken;
  const auto moved = TRY(rename(site, here, there, *left));
  // Under whichever name it is, what others wrote stays there.
  return moved == Published::kDone ? moved : Published::kOvertaken;
}

Result<Published> forward(Site& site, Step& step) {
  return rename(site, *step.action.other, step.action.path, *step.old);
}

Result<Published> again(Site& site, Step& step) {
  return bring(site, *step.action.other, step.action.path, *step.old);
}

Result<Published> back(Site& site, Step& step) {
  return bring(site, step.action.path, *step.action.other, *step.old);
}

}  // namespace

const StepKind kMoveStep{.forward = forward, .again = again, .back = back};

}  // namespace foldersync
