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

// Whether that is the file: the one of the record, or else one like the plan's.
bool is_leader(const Step& step, const FileStatus& found) {
  if (step.made) return same_object(found, *step.made);
  const Facts& after = *step.action.after;
  return found.type == after.type && (!after.size || found.size == *after.size);
}

// Error kChanged: the other path is not what it has to be.
Result<Published> forward(Site& site, Step& step) {
  const RelPath& other = *step.action.other;
  const auto leader = TRY(site.replica.status(other));
  if (!leader || !is_leader(step, *leader)) {
    return changed_error("link",
                         "'" + other.shown() + "' is not what it has to be: see its own line");
  }
  const auto parent = TRY(site.replica.parent(other));
  const char* const name = step.staged.name.c_str();
  Status linked =
      site.fs.make_link(parent, std::string(other.name()).c_str(), step.staged.directory, name);
  if (!linked && linked.error().error_number == EMLINK) {
    site.book.saw_most_names(leader->links);
    Error full = std::move(linked).error();
    full.detail = "'" + other.shown() + "' has as many names as its file system takes of one file";
    return full;
  }
  TRY(std::move(linked));
  step.staged.made = TRY(site.fs.status_at(step.staged.directory, name));
  if (leader->links > 1 && step.staged.made.links <= leader->links) site.book.saw_links_part();
  return put_in_place(site, step);
}

Result<Published> again(Site& site, Step& step) {
  const auto there = TRY(staged_by_now(site, step));
  const auto leader = TRY(site.replica.status(*step.action.other));
  if (!leader || !step.made || !is_leader(step, *leader)) return Published::kForeign;
  const auto now = TRY(site.replica.status(step.action.path));
  if (now && same_object(*now, *leader)) return Published::kDone;
  if (!there) return forward(site, step);
  if (same_object(*there, *leader)) return put_in_place(site, step);
  if (step.old && is_still(*there, *step.old)) return Published::kDone;
  return give_back(site, step);
}

}  // namespace

const StepKind kLinkStep{
    .is_barred = is_barred, .forward = forward, .again = again, .back = take_out};

}  // namespace foldersync
