// Source and replica that are reached by two file systems: nothing of the one is asked of the
// other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "planner/planner.h"
#include "scan/local_tree.h"
#include "support/memory_file_system.h"
#include "support/planning.h"

namespace foldersync {
namespace {

using test::dir;
using test::file;
using test::link;
using test::MemoryCache;
using test::MemoryFileSystem;
using test::Planning;
using test::symlink;
using test::Tree;
using test::tree;

// What makes the planner ask both trees for all that it ever asks: targets, contents, attributes,
// other spellings, origins of moves.
const Tree& source_tree() {
  static const Tree kTree =
      tree({file("both", "same"), file("changed", "new").at(200), file("undecided", "aa").at(200),
            symlink("link", "to"), dir("d"), file("d/x", "moved content"), link("d/y", "d/x"),
            file("new/name", "what is moved"), file("keep/f", "f"), file("README", "r")});
  return kTree;
}
const Tree& replica_tree() {
  static const Tree kTree = tree({file("both", "same"), file("changed", "older"),
                                  file("undecided", "aa"), symlink("link", "elsewhere"), dir("d"),
                                  file("d/x", "moved content"), file("old/name", "what is moved"),
                                  file("keep/f", "f"), file("readme", "r"), file("gone", "goes")});
  return kTree;
}

Planning thorough() {
  Planning planning;
  planning.policy = test::root_policy();
  planning.policy.checksum = true;
  planning.options.xattrs = true;
  planning.options.pin = true;
  planning.options.require = {"keep/f"};
  return planning;
}

// All of a plan but which two folders it is about.
std::string text_of(Plan plan) {
  plan.source.identity = plan.replica.identity = std::string();
  return test::document_of(plan);
}

TEST(TwoSystems, ThePlanIsThatOfOne) {
  MemoryFileSystem one;
  one.mount("/source", source_tree());
  one.mount("/replica", replica_tree());
  one.fold_case("/replica");
  MemoryFileSystem near(1);
  near.mount("/source", source_tree());
  MemoryFileSystem far(2);
  far.mount("/replica", replica_tree());
  far.fold_case("/replica");
  for (const std::size_t threads : {1U, 3U}) {
    Planning planning = thorough();
    planning.threads = threads;
    const Plan expected = test::plan_folders(one, "/source", "/replica", planning);
    EXPECT_GE(expected.actions.size(), 6U);
    EXPECT_EQ(text_of(test::plan_folders({near, "/source"}, {far, "/replica"}, planning)),
              text_of(expected));
  }
}

TEST(TwoSystems, EachSideHasACacheOfItsOwn) {
  const Tree both = tree({file("a", "x"), file("b", "y")});
  MemoryFileSystem near(1);
  near.mount("/source", both);
  MemoryFileSystem far(2);
  far.mount("/replica", both);
  MemoryCache of_near;
  MemoryCache of_far;
  Planning planning = thorough();
  planning.options.require = {};
  planning.cache = &of_near;
  planning.replica_cache = &of_far;
  test::plan_folders({near, "/source"}, {far, "/replica"}, planning);
  EXPECT_EQ(of_near.size(), 2U);
  EXPECT_EQ(of_far.size(), 2U);
}

// The two give their devices and inodes the same numbers.
TEST(TwoSystems, AnEntryWithTheNumbersOfTheOtherRootIsNotThatRoot) {
  const Tree source = tree({dir("a"), dir("a/b")});
  const Tree replica = tree({dir("a"), dir("a/b")});
  MemoryFileSystem near(1);
  near.mount("/source", source);
  MemoryFileSystem far(2);
  far.mount("/replica", replica);
  Roots roots{*open_root(near, "/source", "source"), *open_root(far, "/replica", "replica"),
              "/replica"};
  // The replica is its own directory `a`, which has the numbers of the source's.
  roots.replica->fd = std::move(*far.open_directory(roots.replica->fd.get(), "a"));
  roots.replica->status = *far.status(roots.replica->fd.get());
  ASSERT_TRUE(same_object(roots.replica->status, *near.status_at(roots.source.fd.get(), "a")));
  const LocalTree of_source = tree_of(roots.source);
  const LocalTree of_replica = tree_of(*roots.replica);
  const Filter none;
  EXPECT_TRUE(make_plan({.trees = {.roots = roots,
                                   .source = of_source,
                                   .replica = &of_replica,
                                   .options = {},
                                   .policy = test::root_policy(),
                                   .filter = none}})
                  .ok());
}

}  // namespace
}  // namespace foldersync
