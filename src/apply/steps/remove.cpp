#include "apply/steps/remove.h"

#include <cerrno>

#include "apply/steps/displaced.h"

namespace foldersync {
namespace {

bool is_not_empty(const Error& error) {
  return error.error_number == ENOTEMPTY || error.error_number == EEXIST;
}

bool is_barred(const Action& action, const Outcomes& outcomes) {
  return outcomes.is_held(action) ||
         (action.before->type == FileType::kDirectory && outcomes.is_not_emptied(action.path));
}

// Of directories only an empty one goes: whatever others put into it stays, and so does it.
Result<Published> forward(Site& site, Step& step) {
  return at_path(site, step.action.path, [&](const Place& target) -> Result<Published> {
    auto taken = site.publisher.take_away(target, step.staged, *step.old);
    if (taken || taken.error().error_number != EXDEV || !step.old->is_directory()) return taken;
    // Where directories can't be renamed, an empty one is removed at once.
    const Status removed = site.fs.remove_directory(target.directory, target.name.c_str());
    if (removed) return Published::kDone;
    if (is_not_empty(removed.error())) return Published::kOvertaken;
    return removed.error();
  });
}

Result<Published> again(Site& site, Step& step) {
  const auto there = TRY(staged_by_now(site, step));
  if (!there) {
    const auto now = TRY(site.replica.status(step.action.path));
    return now ? forward(site, step) : Published::kDone;
  }
  if (!is_what_was_displaced(site.fs, step.staged, *there, *step.old)) return give_back(site, step);
  if (!there->is_directory()) return Published::kDone;
  const Place away{step.staged.directory, step.staged.name};
  const DoomedTree tree(site.fs, away, site.deletions->in(step.action.path), 1, site.wind_up);
  const bool is_own = TRY(tree.holds_nothing_else());
  return is_own ? Published::kDone : give_back(site, step);
}

Result<Published> back(Site& site, Step& step) {
  const auto there = TRY(staged_by_now(site, step));
  if (there) return bring_back(site, step);
  return step.old->is_directory() ? make_again(site, step.action.path) : Published::kDone;
}

}  // namespace

// RACE: until it is back, what others put into the directory is not at its path.
// CRASH: killed before it has been looked through, again() does that.
Result<Published> take_whole(Site& site, const Step& step, const DoomedTree& tree) {
  return at_path(site, step.action.path, [&](const Place& target) {
    return site.publisher.take_away(target, step.staged, *step.old,
                                    [&] { return tree.holds_nothing_else(); });
  });
}

const StepKind kRemoveStep{
    .is_barred = is_barred, .forward = forward, .again = again, .back = back};

}  // namespace foldersync
