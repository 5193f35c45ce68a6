// Creations, updates and replacements: what is staged appears, by one rename.
#include "apply/steps/write.h"

#include <cerrno>

#include "apply/steps/displaced.h"

namespace foldersync {
namespace {

// Something below the directory that is to be replaced had to stay.
bool is_barred(const Action& action, const Outcomes& outcomes) {
  return outcomes.is_not_emptied(action.path);
}

Result<Published> forward(Site& site, Step& step) { return put_in_place(site, step); }

// Where numbers pass, what was made and what was displaced may be told apart by nothing.
bool may_be_either(const FileStatus& found, const Step& step) {
  return found.by_path && step.made && step.old && !found.is_directory() &&
         same_object(found, *step.made) && same_object(found, *step.old);
}

Result<Published> again(Site& site, Step& step) {
  const auto there = TRY(staged_by_now(site, step));
  if (!there) return Published::kDone;  // it has its name
  if (may_be_either(*there, step)) return Published::kStranded;
  if (step.made && same_object(*there, *step.made)) return put_in_place(site, step);
  if (step.old && is_what_was_displaced(site.fs, step.staged, *there, *step.old)) {
    return Published::kDone;
  }
  return give_back(site, step);
}

// What came out and is not this window's own any more is kept: what others have written into it
// since, or put into a directory, is theirs.
Status keep_if_theirs(Site& site, const Step& step, const Place& out) {
  bool is_ours = false;
  if (adds_name(step.action)) {
    // It stands for an object that has other names, by which it may have been changed.
    const auto found = TRY(status_at(site.fs, out));
    is_ours = !found || same_object(*found, *step.made);
  } else {
    is_ours = TRY(site.publisher.is_as_expected(out, *step.made));
  }
  if (is_ours) return success();
  TRY(site.conflicts.keep(out));
  return success();
}

// Takes the object away that this window gave a name which was free.
Result<Published> take_away_again(Site& site, const Step& step) {
  const auto parent = TRY(if_there(site.replica.parent(step.action.path)));
  if (!parent) return Published::kDone;
  const Place target{*parent, std::string(step.action.path.name())};
  const auto now = TRY(status_at(site.fs, target));
  if (!now) return Published::kDone;
  // The old is there, so nothing was done; a link may be the one that was there before.
  if (step.old && is_what_was_displaced(site.fs, target, *now, *step.old)) return Published::kDone;
  if (!same_object(*now, *step.made)) return Published::kOvertaken;
  TRY(site.replica.with_write_access(*parent, step.action.path.parent(),
                                     [&] { return rename_to_own(site.fs, target, step.staged); }));
  TRY(keep_if_theirs(site, step, step.staged));
  return Published::kDone;
}

// Exchanges the old object back.
Result<Published> exchange_back(Site& site, const Step& step) {
  const Status renamed = at_path(site, step.action.path, [&](const Place& target) {
    return rename_to(site.fs, step.staged, target, RenameMode::kExchange);
  });
  if (renamed) {
    TRY(keep_if_theirs(site, step, step.staged));
    return Published::kDone;
  }
  if (renamed.error().error_number == ENOENT) return bring_back(site, step);
  if (!lacks_call(renamed.error())) return renamed.error();
  // RACE: for a moment neither is there. CRASH: the same, until whoever comes next has recovered.
  const Place out{step.staged.directory, step.staged.name + ".new"};
  Status away = at_path(site, step.action.path, [&](const Place& target) {
    return rename_to(site.fs, target, out, RenameMode::kReplace);
  });
  if (away) away = keep_if_theirs(site, step, out);
  if (!away && away.error().error_number != ENOENT) return away.error();
  return bring_back(site, step);
}

}  // namespace

Result<Published> put_in_place(Site& site, const Step& step) {
  return at_path(site, step.action.path, [&](const Place& target) {
    return step.old ? site.publisher.replace(step.staged, target, *step.old)
                    : site.publisher.create(step.staged, target);
  });
}

Result<Published> take_out(Site& site, Step& step) {
  const auto there = TRY(staged_by_now(site, step));
  if (!step.made) return Published::kDone;
  if (there && may_be_either(*there, step)) return Published::kStranded;
  if (there && same_object(*there, *step.made)) return Published::kDone;  // it never had its name
  if (there) return exchange_back(site, step);
  const auto taken = TRY(take_away_again(site, step));
  const bool is_out = taken == Published::kDone;
  return is_out && step.old && step.old->is_directory() ? make_again(site, step.action.path)
                                                        : taken;
}

const StepKind kWriteStep{
    .is_barred = is_barred, .forward = forward, .again = again, .back = take_out};

}  // namespace foldersync
