#include "apply/steps/displaced.h"

#include <cerrno>

namespace foldersync {
namespace {

Status name_again(Site& site, const Step& step) {
  if (!step.old || removes_entry(step.action)) return success();
  const Place old{step.staged.directory, step.staged.name + ".old"};
  const auto waiting = TRY(status_at(site.fs, old));
  if (!waiting) return success();
  const auto staged = TRY(status_at(site.fs, step.staged));
  if (!staged) return rename_to_own(site.fs, old, step.staged);
  const auto parent = TRY(site.replica.parent(step.action.path));
  const Place target{parent, std::string(step.action.path.name())};
  const auto there = TRY(status_at(site.fs, target));
  // The new one got the name of a directory by a link, and has its staged name, too.
  if (there && waiting->is_directory() && same_object(*there, *staged)) {
    TRY(site.fs.remove_file(step.staged.directory, step.staged.name.c_str()));
    return rename_to_own(site.fs, old, step.staged);
  }
  // It has its own name too, or others have taken that.
  if (there && same_object(*there, *waiting)) {
    return site.fs.remove_file(old.directory, old.name.c_str());
  }
  if (!there && TRY(site.publisher.create(old, target)) == Published::kDone) return success();
  TRY(site.conflicts.keep(old));
  return success();
}

}  // namespace

Result<std::optional<FileStatus>> staged_by_now(Site& site, const Step& step) {
  TRY(name_again(site, step));
  return status_at(site.fs, step.staged);
}

Result<Published> give_back(Site& site, const Step& step) {
  const auto parent = TRY(if_there(site.replica.parent(step.action.path)));
  if (!parent) return Published::kStranded;  // the directory around it has gone as well
  const Place target{*parent, std::string(step.action.path.name())};
  const bool was_exchanged = !removes_entry(step.action);
  if (!was_exchanged) {
    const auto back = site.publisher.create(step.staged, target);
    return back && *back == Published::kDone ? Published::kOvertaken : Published::kStranded;
  }
  if (!rename_to(site.fs, step.staged, target, RenameMode::kExchange)) return Published::kStranded;
  const auto out = TRY(status_at(site.fs, step.staged));
  const bool is_ours = !out || (step.made && same_object(*out, *step.made));
  return is_ours ? Published::kOvertaken : Published::kStranded;
}

Result<Published> bring_back(Site& site, const Step& step) {
  const auto created = TRY(at_path(site, step.action.path, [&](const Place& target) {
    return site.publisher.create(step.staged, target);
  }));
  return created == Published::kDone ? created : Published::kStranded;
}

Result<Published> make_again(Site& site, const RelPath& path) {
  const auto parent = TRY(if_there(site.replica.parent(path)));
  // The directory around it could not come back, and has it with it.
  if (!parent) return Published::kDone;
  const Place place{*parent, std::string(path.name())};
  const Status made = site.fs.make_directory(place.directory, place.name.c_str(), kOwnerAll);
  if (!made) return made.error().error_number == EEXIST ? Result(Published::kDone) : made.error();
  // RACE: whoever may write there can put another one into its place before this look. It gets
  // owner and mode of the old one only if it could be what was made.
  const auto there = TRY(status_at(site.fs, place));
  const bool may_be_it = there && there->is_directory() && there->uid == site.policy.uid &&
                         (there->mode & ~kOwnerAll) == 0 && site.made_anew != nullptr;
  const bool is_it = may_be_it && TRY(site.publisher.is_as_expected(place, *there));
  if (is_it) (*site.made_anew)[path] = *there;
  return Published::kDone;
}

}  // namespace foldersync
