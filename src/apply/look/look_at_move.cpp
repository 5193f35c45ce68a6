// The part of a Looker that looks at moves.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "apply/look/look.h"
#include "apply/look/moved_tree.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

Drift drift(Side side, const char* field, std::string expected, std::string found) {
  return {side, {field, std::move(expected), std::move(found)}};
}

}  // namespace

// Where it comes from: the source has nothing there any more, and the replica what the plan found.
void Looker::look_at_origin(const Action& action, LookResult& result) {
  const RelPath& from = *action.other;
  if (!result.replica) {
    return stale(result, drift(Side::kReplica, "from", to_string(action.before->type), "absent"));
  }
  const auto target = replica_target(from, *result.replica);
  if (!target) return fail(result, target.error());
  const Facts found = found_facts(*result.replica, *target, context_.policy);
  // What takes a move back may come after a run that never got as far as the directory's `finish`.
  const bool may_be_unfinished = context_.is_undo && found.type == FileType::kDirectory;
  std::vector<Difference> missing;
  if (may_be_unfinished) missing = differences(*action.after, found, context_.policy.limits);
  for (Difference& difference : differences(*action.before, found, context_.policy.limits)) {
    const bool is_as_before_the_move =
        may_be_unfinished && std::none_of(missing.begin(), missing.end(), [&](const auto& other) {
          return other.field == difference.field;
        });
    if (!is_as_before_the_move) stale(result, {Side::kReplica, std::move(difference)});
  }
  // Others that have this file would see its metadata change, and keep a name of it.
  if (!result.replica->is_directory() && result.replica->links != 1) {
    stale(result, drift(Side::kReplica, "links", "1", std::to_string(result.replica->links)));
  }
  if (result.replica->mount_root || result.replica->mount != context_.replica.status.mount) {
    stale(result, drift(Side::kReplica, "from", "no mount", "another mount"));
  }
  if (context_.is_undo) return;
  const bool is_directory = result.replica->is_directory();
  if (!context_.options.delete_excluded &&
      (is_excluded(from, is_directory) || context_.filter.excludes_file(*result.replica))) {
    stale(result, drift(Side::kReplica, "from", "not excluded", "excluded"));
  }
  const auto left = source_status(from);
  if (!left) return fail(result, left.error());
  // As for a deletion: what the source has stays.
  const bool may_go = !*left || is_excluded(from, (*left)->is_directory()) ||
                      (context_.options.delete_excluded && context_.filter.excludes_file(**left));
  if (!may_go) stale(result, drift(Side::kSource, "from", "absent", to_string((*left)->type)));
}

void Looker::look_at_move(const Action& action, LookResult& result) {
  auto origin = replica_status(*action.other);
  if (!origin) return fail(result, std::move(origin).error());
  result.replica = *origin;
  look_at_source(action, result);
  if (result.finding != Finding::kHolds) return;
  const auto there = replica_status(action.path);
  if (!there) return fail(result, there.error());
  if (!*there) return look_at_origin(action, result);
  const auto target = replica_target(action.path, **there);
  if (!target) return fail(result, target.error());
  const Facts found = found_facts(**there, *target, context_.policy);
  // The metadata of a directory comes with its `finish`.
  const bool holds = found.type == FileType::kDirectory
                         ? action.after->type == FileType::kDirectory
                         : differences(*action.after, found, context_.policy.limits).empty();
  if (!result.replica && holds) {
    result.finding = Finding::kAlready;
  } else {
    stale(result, drift(Side::kReplica, "type", "absent", to_string(found.type)));
  }
}

void Looker::compare_moved(const Action& action, LookResult& result) {
  if (!moves_entry(action) || result.finding != Finding::kHolds) return;
  if (result.replica->is_directory()) return compare_directories(action, result);
  if (context_.follow_source || context_.is_undo || !result.replica->is_file()) return;
  const RelPath& from = *action.other;
  const auto source = source_parent(action.path);
  const auto replica = replica_parent(from);
  if (!source || !replica) return fail(result, source ? replica.error() : source.error());
  DirectoryHashes none{CachedTree{}};
  LocalDirectory there(fs_, *replica);
  const auto common =
      judge_.common_md5({*source, std::string(action.path.name()), *result.source}, none,
                        {&there, std::string(from.name()), *result.replica}, none);
  if (!common && common.error().code != ErrorCode::kChanged) return fail(result, common.error());
  if (!common || !*common) {
    return stale(result, drift(Side::kSource, "content", "as the replica has it", "another"));
  }
  if (action.after->md5 && *action.after->md5 != **common) {
    stale(result, drift(Side::kSource, "md5", to_string(*action.after->md5), to_string(**common)));
  }
}

// RACE: what others put into the directory after this look goes along with it. It is not lost: the
// next plan finds it under the new path.
void Looker::compare_directories(const Action& action, LookResult& result) {
  MovedTree tree(context_, judge_, *action.other, action.path);
  const auto replica = replica_directory(*action.other);
  if (!replica) return fail(result, replica.error());
  const auto difference = tree.first_difference(*replica);
  if (!difference) return fail(result, difference.error());
  if (!*difference) return;
  stale(result, drift(Side::kReplica, "children", "as in the source", **difference));
}

}  // namespace foldersync
