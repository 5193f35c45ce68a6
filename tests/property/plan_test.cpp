// What holds of every plan, over random pairs of trees in memory.
#include <gtest/gtest.h>

#include <cerrno>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "filter/filter.h"
#include "format/json.h"
#include "plan/room.h"
#include "support/memory_file_system.h"
#include "support/memory_spool.h"
#include "support/planning.h"
#include "support/random_trees.h"
#include "support/replica_model.h"
#include "support/sample_plan.h"

namespace foldersync::test {
namespace {

constexpr unsigned kCases = 400;

// One random pair of trees and what the plan for it is to respect.
struct Case {
  explicit Case(unsigned seed);

  [[nodiscard]] Plan plan(const std::optional<Tree>& from) const {
    return plan_trees(source, from, planning);
  }

  Planning planning;
  Tree source;
  std::optional<Tree> replica;
};

Policy policy_of(unsigned seed) {
  Policy policy = seed % 3 == 0 ? user_policy(1000, 5) : root_policy();
  policy.checksum = seed % 5 == 0;
  policy.mirrors_owners = seed % 7 != 0;
  policy.limits.times.two_seconds = seed % 11 == 0;
  if (seed % 13 == 0) policy.limits.times.granularity = 1'000'000'000;
  policy.limits.holds_modes = seed % 17 != 0;
  policy.limits.holds_owners = seed % 19 != 0;
  return policy;
}

// `tree` as a file system with these limits, and filled by this process, would hold it.
Tree held(Tree tree, const Policy& policy) {
  for (const auto& [path, number] : tree.all()) {
    Object& object = *tree.find(path);
    object.mtime = stored_as(object.mtime, policy.limits.times);
    if (!policy.limits.holds_modes) object.mode = 0777;
    if (policy.owners()) continue;
    object.uid = policy.uid;
    object.gid = policy.gid;
  }
  return tree;
}

Case::Case(unsigned seed) {
  planning.policy = policy_of(seed);
  Mix mix;
  mix.devices = planning.policy.as_root;
  RandomTrees trees(seed, mix);
  source = trees.source();
  if (seed % 23 != 0) replica = held(trees.replica_of(source), planning.policy);
}

// Does what the plan says, and expects the source.
void expect_converges(const Case& pair, const std::optional<Tree>& from, const Plan& plan) {
  ReplicaModel model(from, pair.source, pair.planning.policy);
  ASSERT_EQ(model.apply_all(plan.actions), "") << told(plan.actions);
  if (!model.tree()) return;
  ASSERT_EQ(difference(mirrored(pair.source, *model.tree(), pair.planning.policy), *model.tree()),
            "")
      << told(plan.actions);
  const Plan second = pair.plan(model.tree());
  ASSERT_EQ(told(second.actions), "") << "after\n" << told(plan.actions);
}

TEST(PlanProperty, ActionsDoneInOrderMakeTheReplicaTheSourceAndASecondPlanIsEmpty) {
  for (unsigned seed = 1; seed <= kCases && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Case pair(seed);
    const Plan plan = pair.plan(pair.replica);
    EXPECT_TRUE(plan.complete());
    expect_converges(pair, pair.replica, plan);
  }
}

TEST(PlanProperty, EveryPrefixOfAPlanIsALegalRunAfterWhichANewPlanConverges) {
  for (unsigned seed = 1001; seed <= 1000 + kCases / 4 && !HasFatalFailure(); ++seed) {
    const Case pair(seed);
    const Plan plan = pair.plan(pair.replica);
    ReplicaModel model(pair.replica, pair.source, pair.planning.policy);
    for (std::size_t done = 0; done < plan.actions.size() && !HasFatalFailure(); ++done) {
      ASSERT_EQ(model.apply(plan.actions[done]), "") << "seed " << seed;
      SCOPED_TRACE("seed " + std::to_string(seed) + ", after " + std::to_string(done + 1) +
                   " actions, the last of them " + told(plan.actions[done]));
      expect_converges(pair, model.tree(), pair.plan(model.tree()));
    }
  }
}

// The same plan with its deletions first.
Plan deleting_first(const Plan& plan) {
  const auto store = stored(plan);
  const auto room = delete_first(store->actions, {}, {});
  Plan first = plan;
  first.actions.clear();
  first.options.delete_first = true;
  EXPECT_TRUE(for_each_action(room->actions, [&](const Action& action, std::uint64_t) {
    first.actions.push_back(action);
  }));
  return first;
}

TEST(PlanProperty, EveryPrefixOfAPlanThatDeletesFirstIsALegalRunToo) {
  for (unsigned seed = 4001; seed <= 4000 + kCases / 8 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Case pair(seed);
    const Plan plan = deleting_first(pair.plan(pair.replica));
    const auto read = read_text(document_of(plan));
    ASSERT_TRUE(read) << read.error().detail;
    ReplicaModel model(pair.replica, pair.source, pair.planning.policy);
    for (const Action& action : plan.actions) {
      ASSERT_EQ(model.apply(action), "") << told(plan.actions);
      expect_converges(pair, model.tree(), pair.plan(model.tree()));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(PlanProperty, ThreadsListingsAndHowMuchIsSpooledDoNotChangeAByteOfTheDocument) {
  for (unsigned seed = 2001; seed <= 2000 + kCases / 2; ++seed) {
    const Case pair(seed);
    const std::string document = document_of(pair.plan(pair.replica));
    for (const std::size_t threads : {1U, 2U, 4U}) {
      Planning other = pair.planning;
      other.threads = threads;
      const unsigned listing_order = seed + static_cast<unsigned>(threads);
      Spools spools;
      if (seed % 2 == 0) other.spooling = spools.spooling(0, 1 + seed % 7);
      EXPECT_EQ(document_of(plan_trees(pair.source, pair.replica, other, listing_order)), document)
          << "seed " << seed << ", threads " << threads;
    }
  }
}

TEST(PlanProperty, WhatIsInTheCacheDoesNotChangeAByteOfTheDocument) {
  for (unsigned seed = 3001; seed <= 3000 + kCases / 2; ++seed) {
    Case pair(seed);
    const std::string document = document_of(pair.plan(pair.replica));
    MemoryCache cache;
    pair.planning.cache = &cache;
    for (const char* const cache_is : {"empty", "filled"}) {
      EXPECT_EQ(document_of(pair.plan(pair.replica)), document)
          << "seed " << seed << ", the cache is " << cache_is;
    }
  }
}

// A source and a replica of which a part can't be read, and rules that exclude another part.
class Hindered {
 public:
  explicit Hindered(unsigned seed) : pair_(seed), random_(seed, Mix{}) {
    static const std::vector<std::string> kRules{"a", "b/", "/c", "!/a", "n*", "a-b/a"};
    for (std::size_t i = random_.number(3); i > 0; --i) {
      pair_.planning.options.rules.push_back(kRules[random_.number(kRules.size())]);
    }
    pair_.planning.policy.checksum = false;  // it asks again for what is written but unreadable
    pair_.planning.options.delete_excluded = seed % 4 == 0;
    pair_.planning.options.remove_extra = seed % 10 != 0;
    pair_.planning.options.pin = seed % 3 == 0;
    for (std::size_t i = random_.number(3); i > 0; --i) closed_source_.push_back(any(pair_.source));
    if (!pair_.replica) return;
    for (std::size_t i = random_.number(3); i > 0; --i) {
      closed_replica_.push_back(any(*pair_.replica));
    }
  }

  [[nodiscard]] const Case& pair() const { return pair_; }

  // The source without what the rules exclude.
  [[nodiscard]] Tree visible_source() const {
    const auto filter = Filter::compile(pair_.planning.options.rules);
    Tree visible = pair_.source;
    for (const auto& [path, number] : pair_.source.all()) {
      if (path.is_root() || visible.find(path) == nullptr) continue;
      const bool is_directory = visible.find(path)->type == FileType::kDirectory;
      if (filter->excludes(path.parent_bytes(), path.name(), is_directory)) visible.erase(path);
    }
    return visible;
  }

  [[nodiscard]] Plan plan(const std::optional<Tree>& from) const {
    MemoryFileSystem fs;
    fs.mount("/source", pair_.source);
    if (from) fs.mount("/replica", *from);
    close(fs, "/source", closed_source_);
    if (from) close(fs, "/replica", closed_replica_);
    return plan_folders(fs, "/source", "/replica", pair_.planning);
  }

 private:
  RelPath any(const Tree& tree) {
    return std::next(tree.all().begin(), static_cast<long>(random_.number(tree.all().size())))
        ->first;
  }

  static void close(MemoryFileSystem& fs, const std::string& root,
                    const std::vector<RelPath>& paths) {
    for (const RelPath& path : paths) {
      if (path.is_root()) continue;
      if (path.bytes().size() % 2 == 0) {
        fs.make_unreadable(root, path, EACCES);
      } else {
        fs.make_unknown(root, path, EIO);
      }
    }
  }

  Case pair_;
  RandomTrees random_;
  std::vector<RelPath> closed_source_;
  std::vector<RelPath> closed_replica_;
};

TEST(PlanProperty, WhatCannotBeReadIsNeverDeletedNorAreTheDirectoriesAboveIt) {
  for (unsigned seed = 5001; seed <= 5000 + kCases; ++seed) {
    const Hindered hindered(seed);
    const Plan plan = hindered.plan(hindered.pair().replica);
    for (const Problem& problem : plan.problems) {
      for (const Action& action : plan.actions) {
        if (action.op != Op::kDelete) continue;
        EXPECT_FALSE(action.path.is_within(problem.path)) << "seed " << seed << told(action);
        EXPECT_FALSE(problem.path.is_within(action.path)) << "seed " << seed << told(action);
      }
    }
  }
}

TEST(PlanProperty, WhatCanBeDoneWhereAPartIsUnreadableOrExcludedIsDoneAtOnce) {
  for (unsigned seed = 5001; seed <= 5000 + kCases && !HasFatalFailure(); ++seed) {
    const Hindered hindered(seed);
    const Plan plan = hindered.plan(hindered.pair().replica);
    const Tree visible = hindered.visible_source();
    ReplicaModel model(hindered.pair().replica, visible, hindered.pair().planning.policy);
    ASSERT_EQ(model.apply_all(plan.actions), "") << "seed " << seed << "\n" << told(plan.actions);
    if (!model.tree()) continue;
    const Plan second = hindered.plan(model.tree());
    EXPECT_EQ(told(second.actions), "") << "seed " << seed << ", after\n" << told(plan.actions);
  }
}

TEST(PlanProperty, PlansSurviveBeingWrittenAndReadBack) {
  for (unsigned seed = 4001; seed <= 4000 + kCases; ++seed) {
    Case pair(seed);
    pair.planning.options.max_delete = Limit{seed % 101, seed % 2 == 0};
    const Plan plan = pair.plan(pair.replica);
    const std::string document = document_of(plan);
    std::string_view rest = document;
    const auto read = read_small_plan([&rest](std::span<char> buffer) -> Result<std::size_t> {
      const std::size_t size = rest.copy(buffer.data(), buffer.size());
      rest.remove_prefix(size);
      return size;
    });
    ASSERT_TRUE(read.ok()) << "seed " << seed << ": " << read.error().detail << "\n" << document;
    EXPECT_EQ(*read, plan) << "seed " << seed;
  }
}

}  // namespace
}  // namespace foldersync::test
