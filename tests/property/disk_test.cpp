// Plan and apply on a real file system, over random pairs of trees.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "apply/engine.h"
#include "fs/posix_file_system.h"
#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/kept_keys.h"
#include "support/planning.h"
#include "support/random_trees.h"
#include "support/replica_model.h"

namespace foldersync::test {
namespace {

constexpr unsigned kCases = 100;

// Keeps what did not go as planned.
class Trouble final : public ApplyObserver {
 public:
  void report(const ActionReport& report) override {
    ++reports_;
    if (report.outcome == Outcome::kOk) return;
    text_ += std::string(to_string(report.outcome)) + " " + told(*report.action);
    if (report.error)
      text_ += std::string(" ") + report.error->operation + " " + report.error->detail;
    for (const Drift& drift : report.drifts) {
      text_ += " " + drift.difference.field + ": expected " + drift.difference.expected +
               ", found " + drift.difference.found;
    }
    text_ += "\n";
  }
  void warn(const std::string& sentence) override { text_ += sentence + "\n"; }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t reports() const { return reports_; }

 private:
  std::string text_;
  std::size_t reports_ = 0;
};

Policy own_policy() {
  return ::geteuid() == 0 ? root_policy() : user_policy(::geteuid(), ::getegid());
}

Mix possible_mix() {
  Mix mix;
  mix.names_elsewhere = false;
  mix.devices = mix.owners = mix.closed_modes = ::geteuid() == 0;
  return mix;
}

// The source and the replica of one case, on disk.
class Pair {
 public:
  Pair(const Tree& source, const std::optional<Tree>& replica,
       std::vector<std::string> rules = {}) {
    planning_.options.rules = std::move(rules);
    plant(entries_of(source), folder_ / "source");
    if (replica) plant(entries_of(*replica), folder_ / "replica");
    planning_.policy = own_policy();
  }

  Plan plan() { return plan_folders(fs_, folder_ / "source", folder_ / "replica", planning_); }

  // What did not go as planned.
  std::string apply(const Plan& plan, std::size_t threads) {
    auto roots = open_roots(fs_, {folder_ / "source", folder_ / "replica", {}});
    if (!roots) return roots.error().detail;
    if (!roots->replica && !create_replica(fs_, *roots, {roots->source.status}))
      return "create_replica";
    Trouble trouble;
    const auto in_store = stored(plan);
    if (!in_store) return in_store.error().operation;
    const auto filter = Filter::compile(planning_.options.rules);
    const LocalTree source = tree_without(roots->source, *roots->replica);
    const auto applied = apply_plan({.fs = fs_,
                                     .source = roots->source,
                                     .source_tree = source,
                                     .replica = *roots->replica,
                                     .plan = *in_store,
                                     .policy = planning_.policy,
                                     .filter = *filter,
                                     .observer = trouble,
                                     .keys = test::kept_keys(),
                                     .threads = threads});
    if (!applied) return std::string("apply_plan: ") + applied.error().operation;
    if (trouble.reports() != plan.actions.size()) return "not one report for each action";
    return trouble.text();
  }

  [[nodiscard]] std::string difference_on_disk() const {
    return difference(tree_of(read_tree(folder_ / "source")),
                      tree_of(read_tree(folder_ / "replica")));
  }

  // Plans, applies, and expects the replica to be the source and nothing left to plan.
  void expect_mirrored(std::size_t threads) {
    const Plan first = plan();
    EXPECT_TRUE(first.complete());
    EXPECT_EQ(apply(first, threads), "") << told(first.actions);
    EXPECT_EQ(difference_on_disk(), "") << told(first.actions);
    EXPECT_EQ(told(plan().actions), "") << "after\n" << told(first.actions);
  }

  [[nodiscard]] const ScratchFolder& folder() const { return folder_; }

 private:
  ScratchFolder folder_;
  FileSystem& fs_ = posix_file_system();
  Planning planning_;
};

TEST(DiskProperty, APlanThatWasAppliedLeavesTheSourceAndNothingToPlan) {
  for (unsigned seed = 1; seed <= kCases && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomTrees trees(seed, possible_mix());
    const Tree source = trees.source();
    Pair pair(source, trees.replica_of(source));
    pair.expect_mirrored(1 + seed % 3);
  }
}

// `count` of twelve names in four directories, dealt out to files of which each has one like it.
Tree dealt(std::mt19937_64& random, std::size_t count) {
  std::vector<std::string> names;
  for (const char* folder : {"", "d/", "e/", "e/f/"}) {
    for (const char* name : {"a", "b", "c"}) names.push_back(std::string(folder) + name);
  }
  std::shuffle(names.begin(), names.end(), random);
  Tree tree;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t which = i / 2;
    Object object;
    object.content = "content " + std::to_string(which);
    object.mtime = FileTime{static_cast<std::int64_t>(200 + which), 0};
    object.mode = which % 3 == 0 ? 0600 : 0644;
    tree.put(RelPath(names[i]), object);
  }
  return tree;
}

TEST(DiskProperty, NamesThatAreDealtOutAnewNeedNoCopy) {
  for (unsigned seed = 1; seed <= kCases && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::size_t count = 12 - random() % 4;
    const Tree source = dealt(random, count);
    Pair pair(source, dealt(random, count));
    const Plan plan = pair.plan();
    EXPECT_EQ(plan.summary.bytes_to_write, 0U) << told(plan.actions);
    pair.expect_mirrored(1 + seed % 3);
  }
}

TEST(DiskProperty, AReplicaThatIsMissingIsMadeLikeTheSource) {
  for (unsigned seed = 1; seed <= kCases / 10 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Pair pair(RandomTrees(seed, possible_mix()).source(), std::nullopt);
    pair.expect_mirrored(1);
  }
}

TEST(DiskProperty, MetadataOfAGroupIsPutRightThoughItGetsOneMoreName) {
  Pair pair(tree({file("a", "hello").at(200), link("b", "a"), link("c", "a")}),
            tree({file("a", "hello").at(100), link("b", "a")}));
  pair.expect_mirrored(1);
}

TEST(DiskProperty, MetadataOfAGroupIsPutRightThoughItLosesAName) {
  Pair pair(tree({file("a", "hello").at(200), link("b", "a")}),
            tree({file("a", "hello").at(100), link("b", "a"), link("c", "a")}));
  pair.expect_mirrored(1);
}

TEST(DiskProperty, AFileGoesWhereTheSourceHasADirectoryThatIsExcludedAsADirectoryOnly) {
  Pair pair(tree({file("b/a", "x")}), tree({file("b", "x")}), {"b/"});
  const Plan plan = pair.plan();
  EXPECT_EQ(pair.apply(plan, 1), "") << told(plan.actions);
  EXPECT_EQ(told(pair.plan().actions), "") << "after\n" << told(plan.actions);
}

TEST(DiskProperty, AGroupLosesANameThoughAWindowEndsAfterItsMetadataWasPutRight) {
  constexpr std::uintmax_t kWindowBytes = std::uintmax_t{1} << 30U;
  Pair pair(tree({file("a", "x").at(200), file("m", ""), file("z", "y").at(300)}),
            tree({file("a", "x").at(100), link("z", "a")}));
  std::filesystem::resize_file(pair.folder() / "source/m", kWindowBytes);
  const Plan plan = pair.plan();
  EXPECT_EQ(pair.apply(plan, 1), "") << told(plan.actions);
  EXPECT_EQ(told(pair.plan().actions), "") << "after\n" << told(plan.actions);
}

}  // namespace
}  // namespace foldersync::test
