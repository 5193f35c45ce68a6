// Plans made in tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/file_system.h"
#include "plan/facts.h"
#include "plan/plan.h"
#include "plan/spool.h"
#include "state/hash_cache.h"
#include "support/tree.h"

namespace foldersync::test {

// How a plan is to be made.
struct Planning {
  PlanOptions options;  // its rules are compiled
  Policy policy;
  std::size_t threads = 1;
  HashCache* cache = nullptr;
  Spooling spooling = {};
  bool names_equal_content = true;
  HashCache* replica_cache = nullptr;  // null: the same as for the source
};

// The policy of a process that may do everything, and of one that may not.
Policy root_policy();
Policy user_policy(std::uint32_t uid, std::uint32_t gid);

// A side: the folder, and what reaches it.
struct Folder {
  FileSystem& fs;
  std::string path;
};

// The plan for two folders. A failure fails the test, and the plan is empty.
Plan plan_folders(const Folder& source, const Folder& replica, const Planning& planning);
// The same where both are folders of `fs`.
Plan plan_folders(FileSystem& fs, const std::string& source, const std::string& replica,
                  const Planning& planning);

// The plan for two trees in memory.
Plan plan_trees(const Tree& source, const std::optional<Tree>& replica, const Planning& planning,
                unsigned listing_order = 0);

// The whole JSON document. A failure fails the test.
std::string document_of(const Plan& plan);

// Remembers everything for as long as it lives. Any number of threads.
class MemoryCache final : public HashCache {
 public:
  TreeId tree(std::string_view identity) override;
  std::vector<CachedHash> directory(TreeId tree, const RelPath& directory) override;
  void remember(TreeId tree, const RelPath& directory, CachedHash row) override;
  void forget(TreeId tree, const RelPath& directory, std::string_view name) override;
  Status save() override { return success(); }
  std::string take_warning() override { return {}; }

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  // How often anything about hashes was asked or told.
  [[nodiscard]] std::size_t calls() const { return calls_; }

 private:
  std::mutex mutex_;
  std::map<std::string, TreeId, std::less<>> trees_;
  std::map<std::pair<TreeId, RelPath>, CachedHash> rows_;
  std::size_t calls_ = 0;
};

}  // namespace foldersync::test
