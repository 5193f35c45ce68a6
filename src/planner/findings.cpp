#include "planner/findings.h"

#include <string>

namespace foldersync {

PlanningContext context_of(const ComparedTrees& trees, Remembered remembered) {
  const Roots& roots = trees.roots;
  PlanningContext context{
      .options = trees.options,
      .policy = trees.policy,
      .reading_policy = trees.policy,
      .filter = trees.filter,
      .source_root = roots.source.status,
      .replica_root = {},
      .source_hashes = cached_tree(trees.source_cache, roots.source, remembered),
      .replica_hashes = {},
      .stop = trees.stop,
      .counts = trees.counts};
  if (roots.replica) {
    context.replica_root = roots.replica->status;
    context.is_one_system = is_one_system(roots.source, *roots.replica);
    context.replica_hashes = cached_tree(trees.replica_cache, *roots.replica, remembered);
  }
  return context;
}

PairToVisit pair_of(const Roots& roots) {
  PairToVisit pair{.path = {}, .source = roots.source.status, .replica = {}};
  if (roots.replica) {
    pair.replica = roots.replica->status;
    pair.replica_range = link_range_in(*pair.replica);
  }
  return pair;
}

void note_first(std::optional<RelPath>& first, const std::optional<RelPath>& other) {
  if (other && (!first || *other < *first)) first = other;
}

RelPath path_of(const VisitedPair& pair, std::string_view name) {
  if (name == ".") return RelPath::from_bytes(pair.path);
  std::string bytes;
  bytes.reserve(pair.path.size() + 1 + name.size());
  if (!pair.path.empty()) bytes.append(pair.path).append("/");
  return RelPath(std::move(bytes.append(name)));
}

}  // namespace foldersync
