#include "apply/live_reports.h"

#include <cerrno>
#include <string_view>
#include <utility>

namespace foldersync {

LiveReports::LiveReports(const Job& job, Looker& looker, Conflicts& conflicts, Discards& discards)
    : job_(job),
      looker_(looker),
      conflicts_(conflicts),
      discards_(discards),
      outcomes_(job.observer, job.request.follow_source, job.request.plan.options.delete_anyway,
                job.request.policy.limits.times) {}

bool LiveReports::is_told(const Slot& slot) {
  if (!slot.look) {
    outcomes_.skip(slot);
    return true;
  }
  if (!slot.error) return outcomes_.report_look(slot, *slot.look);
  staging_failed(slot, *slot.error, slot.drift);
  return true;
}

bool LiveReports::holds_again(const Slot& slot, const LookResult& look) {
  if (!slot.look) {
    outcomes_.skip(slot);
    return false;
  }
  if (slot.error) {
    outcomes_.failed(slot, *slot.error);
    return false;
  }
  // What was not found to hold is not in the window's record.
  const Finding found = slot.look->finding;
  if (found == Finding::kFailed || found == Finding::kStale) {
    outcomes_.report_look(slot, *slot.look);
    return false;
  }
  if (outcomes_.report_look(slot, look)) return false;
  if (holds_as_then(slot, look)) return true;
  stale_by_now(slot);
  return false;
}

void LiveReports::staging_failed(const Slot& slot, const Error& error,
                                 const std::optional<Drift>& drift) {
  if (error.code == ErrorCode::kStopped) return outcomes_.skip(slot);
  if (error.code == ErrorCode::kChanged && !job_.request.follow_source) {
    const Drift unknown{Side::kSource, {"content", "as planned", error.detail}};
    return outcomes_.stale(slot, {drift.value_or(unknown)});
  }
  outcomes_.failed(slot, error);
}

namespace {

// Of one file, by the making of another name (steps/link.cpp).
bool is_full_of_names(const Error& error) {
  return error.error_number == EMLINK && std::string_view(error.operation) == "link";
}

}  // namespace

bool LiveReports::published(const Slot& slot, const Step& step, const Result<Published>& done,
                            const Staged& made) {
  const Action& action = slot.action;
  if (!done) {
    const Error& error = done.error();
    // The next plan makes another file for it, and comes at once.
    const bool is_too_many = adds_name(action) && is_full_of_names(error);
    if (is_too_many && job_.request.follow_source) {
      // Nothing is lost: the file has its other names, and some of them may make room by going.
      outcomes_.done(slot, Outcome::kSkipped);
      return false;
    }
    if (error.error_number == EMLINK && !is_too_many) {
      Error full = error;
      full.detail = adds_name(action)
                        ? "the folder above takes no more names of one file"
                        : "the folder above has as many folders in it as its file system takes";
      outcomes_.failed(slot, std::move(full));
      return false;
    }
    const bool is_link = adds_name(action) && error.code == ErrorCode::kChanged;
    if (is_link && !job_.request.follow_source) {
      outcomes_.stale(slot, {{Side::kReplica, {"link", action.other->bytes(), error.detail}}});
    } else {
      outcomes_.failed(slot, error);
    }
    return false;
  }
  switch (*done) {
    case Published::kOvertaken:
    case Published::kUnproven:
      overtaken(slot);
      return false;
    case Published::kStranded:
      outcomes_.failed(slot, put_aside(step.staged));
      return false;
    case Published::kDisplaced:
      discards_.add(
          {{step.staged.directory, step.staged.name}, step.old && step.old->is_directory()});
      break;
    case Published::kDone:
      break;
  }
  if (slot.staged) remember(slot, step.staged.made);
  if (adds_name(action)) {
    const auto leader = objects_.find(*action.other);
    if (leader != objects_.end()) leader->second = step.staged.made;
    ++links_added_[*action.other];
    if (job_.looks.names != nullptr) job_.looks.names->forget();
  }
  touched_.directories.insert(action.path.parent());
  outcomes_.done(slot, Outcome::kOk, made);
  return true;
}

bool LiveReports::moved(const Slot& slot, const Result<Published>& done, const LookResult& look) {
  const Action& action = slot.action;
  if (!done) {
    outcomes_.failed(slot, done.error());
    return false;
  }
  if (*done == Published::kOvertaken) {
    overtaken(slot);
    return false;
  }
  touched_.directories.insert(action.path.parent());
  touched_.directories.insert(action.other->parent());
  if (*done == Published::kStranded) {
    outcomes_.failed(
        slot,
        changed_error("rename", "somebody changed it meanwhile: what they wrote has the new name"));
    return false;
  }
  // A directory gets its metadata when it is finished.
  const bool is_right =
      look.replica->is_directory() ||
      differences(
          *look.after,
          found_facts(*look.replica, look.after->target.value_or(std::string()), job_.policy),
          job_.policy.limits)
          .empty();
  remember(slot, *look.replica);
  if (is_right) outcomes_.done(slot, Outcome::kOk);
  return !is_right;
}

void LiveReports::in_place(const Slot& slot, const Result<Published>& done,
                           const Changed& changed) {
  if (done && *done == Published::kOvertaken) return stale_by_now(slot);
  if (changed.touched == FileType::kFile) {
    touched_.files.push_back(slot.action.path);
  } else if (changed.touched) {
    touched_.others = true;
  }
  if (!done) return outcomes_.failed(slot, done.error());
  if (changed.found) remember(slot, *changed.found);
  outcomes_.done(slot, Outcome::kOk);
}

void LiveReports::stale_by_now(const Slot& slot) {
  outcomes_.stale(slot, {{Side::kReplica, {"content", "as planned", "changed meanwhile"}}});
}

void LiveReports::overtaken(const Slot& slot) {
  if (removes_entry(slot.action) && slot.action.before->type == FileType::kDirectory) {
    return outcomes_.stale(
        slot, {{Side::kReplica, {"children", "none", "some that the plan does not know"}}});
  }
  const LookResult again = looker_.look(slot.action);
  if (!outcomes_.report_look(slot, again)) stale_by_now(slot);
}

Error LiveReports::put_aside(const Place& stranded) {
  const auto kept = conflicts_.keep(stranded);
  if (!kept) return kept.error();
  return changed_error("exchange", "somebody changed it meanwhile: what they wrote is kept as '" +
                                       job_.area.name() + "/conflict/" + *kept +
                                       "' in the replica");
}

void LiveReports::begin_window(const std::vector<Slot>& slots) {
  linked_to_.clear();
  for (const Slot& slot : slots) {
    if (adds_name(slot.action)) linked_to_.insert(*slot.action.other);
  }
  for (const Slot& slot : slots) {
    const bool is_found = sets_metadata(slot.action) && slot.look && slot.look->replica &&
                          slot.look->finding == Finding::kHolds;
    if (is_found) remember(slot, *slot.look->replica);
  }
}

void LiveReports::remember(const Slot& slot, const FileStatus& object) {
  if (object.is_directory()) return;
  const bool has_names = slot.look && slot.look->source && slot.look->source->links > 1;
  if (has_names || linked_to_.contains(slot.action.path)) objects_[slot.action.path] = object;
}

std::optional<FileStatus> LiveReports::object_at(const RelPath& path) const {
  const auto found = objects_.find(path);
  return found == objects_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t LiveReports::names_added(const Slot& slot) const {
  const auto added = links_added_.find(slot.action.path);
  return added == links_added_.end() ? 0 : added->second;
}

}  // namespace foldersync
