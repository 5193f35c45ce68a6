#include "plan/prune.h"

#include <algorithm>
#include <set>

namespace foldersync {
namespace {

using PathSet = std::set<RelPath>;

// `kept` and all directories above them, but for the root.
PathSet with_ancestors(std::vector<RelPath> kept) {
  PathSet result;
  for (RelPath& path : kept) {
    while (!path.is_root() && result.insert(path).second) path = path.parent();
  }
  return result;
}

bool replaces_directory(const Action& action) {
  return action.op != Op::kDelete && action.before && action.before->type == FileType::kDirectory &&
         action.after && action.after->type != FileType::kDirectory;
}

bool is_within_any(const RelPath& path, const std::vector<RelPath>& directories) {
  return std::any_of(directories.begin(), directories.end(),
                     [&](const RelPath& directory) { return path.is_within(directory); });
}

// Whether the action gives its directory another entry or takes one away.
bool changes_parent(const Action& action) {
  return action.phase != Phase::kFinish && action.op != Op::kMetadata && !action.path.is_root();
}

bool only_children_ask(const Action& action) {
  return action.phase == Phase::kFinish && action.reasons == ReasonSet{Reason::kChildren};
}

std::size_t drop_needless_finishes(std::vector<Action>& actions) {
  PathSet changed;
  for (const Action& action : actions) {
    if (changes_parent(action)) changed.insert(action.path.parent());
  }
  const std::size_t dropped = std::erase_if(actions, [&](const Action& action) {
    return only_children_ask(action) && !action.path.is_root() && !changed.contains(action.path);
  });
  // The staging folder comes and goes in the root, whatever changes below it.
  if (actions.size() == 1 && actions.front().path.is_root() && only_children_ask(actions.front())) {
    actions.clear();
  }
  return dropped;
}

}  // namespace

PruneResult prune(std::vector<Action>& actions, std::vector<RelPath> kept) {
  PruneResult result;
  if (!kept.empty()) {
    const PathSet kept_set = with_ancestors(std::move(kept));
    for (const Action& action : actions) {
      if (replaces_directory(action) && kept_set.contains(action.path)) {
        result.blocked.push_back(action.path);
      }
    }
    // A link to what can't be made can't be made either.
    const std::vector<RelPath> leaders = result.blocked;
    for (const Action& action : actions) {
      if (action.op == Op::kLink && action.other && is_within_any(*action.other, leaders)) {
        result.blocked.push_back(action.path);
      }
    }
    std::sort(result.blocked.begin(), result.blocked.end());
    std::erase_if(actions, [&](const Action& action) {
      if (is_within_any(action.path, result.blocked)) return true;
      return action.op == Op::kDelete && kept_set.contains(action.path);
    });
  }
  result.unchanged = drop_needless_finishes(actions);
  return result;
}

}  // namespace foldersync
