// The part of a Looker that looks at what the replica holds: whether it is what the plan expects,
// or what it is to be already.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "apply/look/look.h"
#include "scan/local_tree.h"

namespace foldersync {

// Whether both files hold the same bytes; asked only where their stamps can't tell.
bool Looker::has_same_content(const Action& action, const LookResult& result) {
  const std::string name(action.path.name());
  const auto source = source_parent(action.path);
  const auto replica = replica_parent(action.path);
  if (!source || !replica) return false;
  LocalDirectory there(fs_, *replica);
  const auto same =
      judge_.hold_same({*source, name, *result.source}, {&there, name, *result.replica});
  return same && *same;
}

std::optional<FileStatus> Looker::leader_like_source(const Action& action, const LookResult& look) {
  const auto source = source_parent(action.path);
  const auto leader = replica_status(*action.other);
  if (!source || !leader || !*leader) return std::nullopt;
  const auto target = replica_target(*action.other, **leader);
  const Facts found = target ? found_facts(**leader, *target, context_.policy) : Facts{};
  if (!target || !differences(*look.after, found, context_.policy.limits).empty()) {
    return std::nullopt;
  }
  if (!(*leader)->is_file() || (*leader)->size == 0) return *leader;
  const auto replica = replica_parent(*action.other);
  if (!replica) return std::nullopt;
  LocalDirectory there(fs_, *replica);
  const auto same = judge_.hold_same({*source, std::string(action.path.name()), *look.source},
                                     {&there, std::string(action.other->name()), **leader});
  return same && *same ? *leader : std::nullopt;
}

// Whether all names of the replica's file are names of the source's.
bool Looker::has_only_its_names(const LookResult& result) {
  if (result.replica->links == 1) return true;
  if (context_.names == nullptr) return false;
  const auto names = context_.names->of(*result.replica);
  if (!names || names->size() != result.replica->links) return false;
  return std::all_of(names->begin(), names->end(), [&](const RelPath& name) {
    const auto source = source_status(name);
    return source && *source && same_number(**source, *result.source);
  });
}

bool Looker::is_one_object_with(const RelPath& other, const LookResult& result) {
  const auto status = replica_status(other);
  return status && *status && same_number(**status, *result.replica);
}

// Whether `after` holds in the replica. Requires: it is there, and so is the source.
bool Looker::already_holds(const Action& action, const LookResult& result, const Facts& found) {
  const Facts& after = *result.after;
  if (!differences(after, found, context_.policy.limits).empty()) return false;
  switch (action.op) {
    case Op::kCreate:
    case Op::kReplace:
      // Of equal size, and no time tells.
      return !result.source->is_file() || result.source->size == 0 ||
             context_.policy.gives_time(FileType::kFile) || has_same_content(action, result);
    case Op::kUpdate:
      if (action.reasons.has(Reason::kXattrs)) return false;  // which were not looked at
      // Where stamps don't tell old from new, only content does.
      // A name that shares its file with none of another group has left that.
      if (action.reasons.has(Reason::kLink) && !has_only_its_names(result)) return false;
      return !action.reasons.has(Reason::kContent) ||
             !differences(*action.before, after, context_.policy.limits).empty() ||
             has_same_content(action, result);
    case Op::kMetadata:
      return !action.reasons.has(Reason::kXattrs) && (!after.mode || after.mode == found.mode);
    case Op::kLink:
      return is_one_object_with(*action.other, result);
    default:
      return false;
  }
}

// Empty where it is no symlink.
Result<std::string> Looker::replica_target(const RelPath& path, const FileStatus& status) {
  if (status.type != FileType::kSymlink) return std::string();
  const auto parent = replica_parent(path);
  auto read = parent ? fs_.link_target(*parent, std::string(path.name()).c_str())
                     : Result<std::string>(parent.error());
  if (!read && is_kept_back(status, read.error())) return kept_back_target(status);
  if (!read) return std::move(read).error().at(path.bytes());
  return read;
}

// What the replica holds at the action's path, where there is something.
Result<Facts> Looker::replica_facts(const Action& action, const FileStatus& status) {
  const auto target = TRY(replica_target(action.path, status));
  Facts found = found_facts(status, target, context_.policy);
  // Of a directory `before` never has the time, but the `after` of a finish does.
  found.mtime = status.mtime;
  return found;
}

// The source has drifted: has the replica, too? What it has become by the plan itself is no drift.
void Looker::tell_of_replica(const Action& action, LookResult& result) {
  if (!result.replica) {
    if (action.before && action.after)
      stale(result, presence(Side::kReplica, to_string(action.before->type), "absent"));
    return;
  }
  const auto found = replica_facts(action, *result.replica);
  if (!found) return;
  const FileSystemLimits& limits = context_.policy.limits;
  if (action.after && differences(*action.after, *found, limits).empty()) return;
  if (!action.before)
    return stale(result, presence(Side::kReplica, "absent", to_string(found->type)));
  for (Difference& difference : differences(*action.before, *found, limits)) {
    stale(result, {Side::kReplica, std::move(difference)});
  }
}

void Looker::look_at_replica(const Action& action, LookResult& result) {
  const auto is_expected_absent = !action.before.has_value();
  if (!result.replica) {
    if (!action.after) result.finding = Finding::kAlready;
    if (action.after && !is_expected_absent) {
      stale(result, presence(Side::kReplica, to_string(action.before->type), "absent"));
    }
    return;
  }
  const auto found = replica_facts(action, *result.replica);
  if (!found) return fail(result, found.error());
  if (action.after && already_holds(action, result, *found)) {
    result.finding = Finding::kAlready;
    return;
  }
  if (is_expected_absent) {
    return stale(result, presence(Side::kReplica, "absent", to_string(found->type)));
  }
  // Metadata is set in several steps: a run that was killed between two of them has made some
  // fields new and left others old.
  std::vector<Difference> missing;
  if (sets_metadata(action)) missing = differences(*result.after, *found, context_.policy.limits);
  for (Difference& difference : differences(*action.before, *found, context_.policy.limits)) {
    const bool is_new = sets_metadata(action) &&
                        std::none_of(missing.begin(), missing.end(), [&](const Difference& other) {
                          return other.field == difference.field;
                        });
    if (!is_new) stale(result, {Side::kReplica, std::move(difference)});
  }
}

}  // namespace foldersync
