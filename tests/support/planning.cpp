#include "support/planning.h"

#include <gtest/gtest.h>

#include "filter/filter.h"
#include "format/json.h"
#include "planner/planner.h"
#include "scan/local_tree.h"
#include "scan/roots.h"
#include "support/memory_file_system.h"

namespace foldersync::test {

Policy root_policy() {
  Policy policy;
  policy.as_root = true;
  return policy;
}

Policy user_policy(std::uint32_t uid, std::uint32_t gid) {
  Policy policy;
  policy.uid = uid;
  policy.gid = gid;
  return policy;
}

Plan plan_folders(const Folder& source, const Folder& replica, const Planning& planning) {
  auto filter = Filter::compile(planning.options.rules);
  auto source_root = open_root(source.fs, source.path, "source");
  if (!filter || !source_root) {
    ADD_FAILURE() << "no plan: a rule or the source";
    return {};
  }
  Roots roots{std::move(*source_root), std::nullopt, replica.path};
  if (auto replica_root = open_root(replica.fs, replica.path, "replica"); replica_root) {
    roots.replica = std::move(*replica_root);
  }
  const LocalTree source_tree = tree_of(roots.source);
  std::optional<LocalTree> replica_tree;
  if (roots.replica) replica_tree.emplace(tree_of(*roots.replica));
  PlanRequest request{
      .trees = {.roots = roots,
                .source = source_tree,
                .replica = replica_tree ? &*replica_tree : nullptr,
                .options = planning.options,
                .policy = planning.policy,
                .filter = *filter,
                .source_cache = planning.cache,
                .replica_cache =
                    planning.replica_cache != nullptr ? planning.replica_cache : planning.cache,
                .threads = planning.threads},
      .spooling = planning.spooling,
      .names_equal_content = planning.names_equal_content};
  request.trees.options.checksum = planning.policy.checksum;
  request.trees.options.owners = planning.policy.owners();
  request.trees.options.replica_limits = planning.policy.limits;
  auto planned = make_plan(request);
  if (!planned) {
    ADD_FAILURE() << planned.error().operation << ": " << planned.error().detail;
    return {};
  }
  planned->plan.tool_version = "1.0.0";
  planned->plan.plan_id = "019a0d3e-5b80-7c3a-9f21-0123456789ab";
  auto plan = in_memory(planned->plan);
  if (plan) return std::move(*plan);
  ADD_FAILURE() << plan.error().operation << ": " << plan.error().detail;
  return {};
}

Plan plan_folders(FileSystem& fs, const std::string& source, const std::string& replica,
                  const Planning& planning) {
  return plan_folders({fs, source}, {fs, replica}, planning);
}

Plan plan_trees(const Tree& source, const std::optional<Tree>& replica, const Planning& planning,
                unsigned listing_order) {
  MemoryFileSystem fs;
  fs.mount("/source", source);
  if (replica) fs.mount("/replica", *replica);
  fs.shuffle_listings(listing_order);
  return plan_folders(fs, "/source", "/replica", planning);
}

std::string document_of(const Plan& plan) {
  std::string text;
  const Status written = write_plan(plan, [&text](std::string_view piece) {
    text += piece;
    return success();
  });
  EXPECT_TRUE(written.ok());
  return text;
}

TreeId MemoryCache::tree(std::string_view identity) {
  const std::lock_guard lock(mutex_);
  const TreeId next{static_cast<std::int64_t>(trees_.size())};
  return trees_.emplace(identity, next).first->second;
}

std::vector<CachedHash> MemoryCache::directory(TreeId tree, const RelPath& directory) {
  const std::lock_guard lock(mutex_);
  ++calls_;
  std::vector<CachedHash> result;
  for (const auto& [key, row] : rows_) {
    if (key.first == tree && key.second.parent() == directory) result.push_back(row);
  }
  return result;
}

void MemoryCache::remember(TreeId tree, const RelPath& directory, CachedHash row) {
  const std::lock_guard lock(mutex_);
  ++calls_;
  const RelPath path = directory.child(row.name);
  rows_[{tree, path}] = std::move(row);
}

void MemoryCache::forget(TreeId tree, const RelPath& directory, std::string_view name) {
  const std::lock_guard lock(mutex_);
  ++calls_;
  rows_.erase({tree, directory.child(name)});
}

}  // namespace foldersync::test
