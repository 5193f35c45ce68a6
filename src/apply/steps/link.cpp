// One more name of a file that the replica has under another path: it is made in the staging
// folder, and appears like anything else.
#include <cerrno>
#include <string>
#include <utility>

#include "apply/steps/displaced.h"
#include "apply/steps/write.h"

namespace foldersync {
namespace {

bool is_barred(const Action& action, const Outcomes& outcomes) {
  return outcomes.is_not_written(*action.other) || outcomes.is_not_emptied(action.path);
}

// Whether it is that object, and still that owner's: who may write the directory may have put one
// of his own there, which can have the same inode number.
bool is_same_file(const FileStatus& found, const FileStatus& seen) {
  return same_object(found, seen) && found.uid == seen.uid &&
         (!has_proof(found) || !has_proof(seen) || same_creation(found, seen));
}

// Whether that is the file: the one that the run has found or made, or that of the record; or else
// one that has all that the plan says.
bool is_leader(const Site& site, const Step& step, const FileStatus& found) {
  if (step.made) return is_same_file(found, *step.made);
  Facts after = *step.action.after;
  if (!site.policy.gives_time(after.type)) after.mtime.reset();
  const std::string target = after.target.value_or(std::string());
  return differences(after, found_facts(found, target, site.policy), site.policy.limits).empty();
}

// Whether the new name, in the staging folder, is one of the file that was looked at. An overlay
// may have copied that for it.
bool is_name_of(Site& site, const StagedPlace& name, const FileStatus& leader) {
  if (is_same_file(name.made, leader)) return true;
  FileStatus alone = name.made;
  FileStatus named = leader;
  alone.links = name.made.links - 1;
  named.links = leader.links + 1;
  return is_overlay_copy(site.fs, name.directory, alone, named);
}

// Error kChanged: the other path is not what it has to be.
Result<Published> forward(Site& site, Step& step) {
  const RelPath& other = *step.action.other;
  const auto leader = TRY(site.replica.status(other));
  if (!leader || !is_leader(site, step, *leader)) {
    return changed_error("link",
                         "'" + other.shown() + "' is not what it has to be: see its own line");
  }
  const auto parent = TRY(site.replica.parent(other));
  const char* const name = step.staged.name.c_str();
  Status linked =
      site.fs.make_link(parent, std::string(other.name()).c_str(), step.staged.directory, name);
  if (!linked && linked.error().error_number == EMLINK) {
    // RACE: by its name it may have been another file.
    const auto same = site.replica.status(other);
    if (same && *same && same_object(**same, *leader) && (*same)->links == leader->links) {
      site.book.saw_most_names(leader->links);
    }
    Error full = std::move(linked).error();
    full.detail = "'" + other.shown() + "' has as many names as its file system takes of one file";
    return full;
  }
  TRY(std::move(linked));
  step.staged.made = TRY(site.fs.status_at(step.staged.directory, name));
  // RACE: what others put at the other path between the look and the link has got the name in the
  // staging folder, and loses it again. CRASH: killed before this look, it gets none by a recovery.
  if (!is_name_of(site, step.staged, *leader)) {
    TRY(site.fs.remove_file(step.staged.directory, name));
    return Published::kOvertaken;
  }
  if (leader->links > 1 && step.staged.made.links <= leader->links) site.book.saw_links_part();
  auto placed = put_in_place(site, step);
  if (placed || placed.error().error_number != EMLINK) return placed;
  // Btrfs without extended references takes a few hundred names of one file in one folder.
  site.book.saw_most_names(leader->links);
  (void)site.fs.remove_file(step.staged.directory, name);  // else it goes with the staging folder
  Error full = std::move(placed).error();
  full.operation = "link";
  return full;
}

// What the record was told of may have been put there before. What is given its owner in place was
// the process's own.
bool may_be_planned(const Site& site, const Step& step, const FileStatus& leader) {
  const Facts& after = *step.action.after;
  const bool has_size = !after.size || leader.size == *after.size;
  return has_size && (!after.uid || leader.uid == *after.uid || leader.uid == site.policy.uid);
}

// Where an overlay has copied the file for its new name, that copy is the file by now.
Status follow_copy(Site& site, Step& step) {
  const auto leader = TRY(site.replica.status(*step.action.other));
  if (!leader || !step.made || same_object(*leader, *step.made)) return success();
  FileStatus alone = *leader;
  FileStatus named = *step.made;
  alone.links = 1;
  ++named.links;
  if (is_overlay_copy(site.fs, step.staged.directory, alone, named)) {
    step.made = *leader;
    step.staged.made = *leader;
  }
  return success();
}

Result<Published> again(Site& site, Step& step) {
  TRY(follow_copy(site, step));
  const auto there = TRY(staged_by_now(site, step));
  const auto leader = TRY(site.replica.status(*step.action.other));
  if (!leader || !step.made || !is_leader(site, step, *leader)) return Published::kOvertaken;
  if (!may_be_planned(site, step, *leader)) return Published::kOvertaken;
  const auto now = TRY(site.replica.status(step.action.path));
  if (now && same_object(*now, *leader)) return Published::kDone;
  if (!there) return forward(site, step);
  if (same_object(*there, *leader)) return put_in_place(site, step);
  if (step.old && is_what_was_displaced(site.fs, step.staged, *there, *step.old)) {
    return Published::kDone;
  }
  // Nothing was displaced: the killed run has caught what others had put at the other path.
  if (now && step.old && is_still(*now, *step.old)) {
    TRY(site.conflicts.keep(step.staged));
    return forward(site, step);
  }
  return give_back(site, step);
}

Result<Published> back(Site& site, Step& step) {
  TRY(follow_copy(site, step));
  return take_out(site, step);
}

}  // namespace

const StepKind kLinkStep{.is_barred = is_barred, .forward = forward, .again = again, .back = back};

}  // namespace foldersync
