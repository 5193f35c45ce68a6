#include "verify/stretch.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "filter/filter.h"
#include "scan/local_tree.h"
#include "scan/roots.h"
#include "support/memory_file_system.h"
#include "support/random_trees.h"
#include "verify/verify.h"

namespace foldersync::test {
namespace {

// Two trees in memory, that differ.
class Pair {
 public:
  Pair(const Tree& source, const Tree& replica) {
    fs_.mount("/source", source);
    fs_.mount("/replica", replica);
    roots_.source = *open_root(fs_, "/source", "source");
    roots_.replica = *open_root(fs_, "/replica", "replica");
  }

  Verified verify(const Stretch& stretch, std::size_t threads = 1,
                  const std::atomic<bool>* stop = nullptr) {
    const LocalTree source = tree_of(roots_.source);
    const LocalTree replica = tree_of(*roots_.replica);
    auto verified = foldersync::verify({.trees = {.roots = roots_,
                                                  .source = source,
                                                  .replica = &replica,
                                                  .options = {},
                                                  .policy = {},
                                                  .filter = filter_,
                                                  .threads = threads,
                                                  .stop = stop},
                                        .stretch = stretch});
    EXPECT_TRUE(verified.ok());
    return std::move(*verified);
  }

 private:
  MemoryFileSystem fs_;
  Roots roots_;
  Filter filter_ = *Filter::compile({});
};

std::vector<std::string> told(const std::vector<VerifyFinding>& findings) {
  std::vector<std::string> lines;
  for (const VerifyFinding& one : findings) {
    lines.push_back(std::string(to_string(one.what)) + " " + to_string(one.sides) + " " +
                    one.path.shown());
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(Stretch, ThoseThatFollowEachOtherFindAllOnce) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    RandomTrees random(seed, {.closed_modes = false});
    const Tree source = random.source();
    const Tree replica = random.replica_of(source);
    Pair pair(source, replica);
    const Verified whole = pair.verify({});
    EXPECT_FALSE(whole.next);
    Stretch stretch{.most_files = 1 + random.number(3)};
    std::uint64_t files = 0;
    std::vector<VerifyFinding> findings;
    for (bool is_last = false; !is_last;) {
      Verified part = pair.verify(stretch);
      EXPECT_LE(part.files, 2 * stretch.most_files);
      files += part.files;
      findings.insert(findings.end(), part.findings.begin(), part.findings.end());
      is_last = !part.next;
      if (is_last) break;
      ASSERT_GT(*part.next, stretch.from) << "seed " << seed;
      EXPECT_FALSE(part.is_stopped);
      stretch.from = *part.next;
    }
    EXPECT_EQ(files, whole.files) << "seed " << seed;
    EXPECT_EQ(told(findings), told(whole.findings)) << "seed " << seed;
  }
}

TEST(Stretch, BeginsNowhereElseWhereNothingWasDone) {
  RandomTrees random(3, {.closed_modes = false});
  const Tree source = random.source();
  Pair pair(source, source);
  const std::atomic<bool> stop{true};
  const TreePosition from{RelPath("z"), "y"};
  const Verified verified = pair.verify({.from = from}, 2, &stop);
  EXPECT_TRUE(verified.is_stopped);
  EXPECT_EQ(verified.next, from);
  EXPECT_EQ(pair.verify({}, 2, &stop).next, TreePosition());
}

TEST(Stretch, GetsOnHoweverShortItsTimeIs) {
  const Tree both = tree({file("a", "1"), file("b", "2"), file("d/c", "3")});
  Pair pair(both, both);
  Stretch stretch{.until = 1e-9};
  stretch.from = *pair.verify(stretch).next;
  EXPECT_EQ(stretch.from, (TreePosition{RelPath(), "a"}));
  stretch.from = *pair.verify(stretch).next;
  EXPECT_EQ(stretch.from, (TreePosition{RelPath("d"), std::string(TreePosition::kItself)}));
  EXPECT_FALSE(pair.verify(stretch).next);
}

}  // namespace
}  // namespace foldersync::test
