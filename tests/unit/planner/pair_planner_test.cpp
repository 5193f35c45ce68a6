#include "planner/pair_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "format/errno_name.h"
#include "support/memory_file_system.h"
#include "support/planning.h"

namespace foldersync {
namespace {

using test::at_path;
using test::char_device;
using test::dir;
using test::fifo;
using test::file;
using test::link;
using test::MemoryFileSystem;
using test::Planning;
using test::socket;
using test::symlink;
using test::Tree;
using test::tree;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Planning as_root() {
  Planning planning;
  planning.policy = test::root_policy();
  return planning;
}

std::string told(const Action& action) {
  std::string text =
      std::string(to_string(action.phase)) + " " + to_string(action.op) + " " + action.path.shown();
  if (action.other) text += " to " + action.other->shown();
  const char* separator = ": ";
  for (const Reason reason : kReasons) {
    if (!action.reasons.has(reason)) continue;
    text += separator + std::string(to_string(reason));
    separator = " ";
  }
  return text;
}

std::vector<std::string> told(const Plan& plan) {
  std::vector<std::string> result;
  for (const Action& action : plan.actions) result.push_back(told(action));
  return result;
}

std::vector<std::string> problems(const Plan& plan) {
  std::vector<std::string> result;
  for (const Problem& problem : plan.problems) {
    result.push_back(std::string(to_string(problem.side)) + " " + problem.path.shown() + " " +
                     problem.doing + " " + errno_name(problem.error_number));
  }
  return result;
}

std::vector<std::string> skipped(const Plan& plan) {
  std::vector<std::string> result;
  for (const Skipped& each : plan.skipped) result.push_back(each.path.shown() + " " + each.reason);
  return result;
}

const Action& action_at(const Plan& plan, std::string_view path) {
  for (const Action& action : plan.actions) {
    if (action.path == at_path(path)) return action;
  }
  ADD_FAILURE() << "no action for " << path;
  static const Action kNone;
  return kNone;
}

// Two trees in memory of which parts can't be read.
struct Folders {
  Folders(Tree source_tree, Tree replica_tree)
      : source(std::move(source_tree)), replica(std::move(replica_tree)) {
    fs.mount("/source", source);
    fs.mount("/replica", replica);
  }
  Plan plan(const Planning& planning = as_root()) {
    return test::plan_folders(fs, "/source", "/replica", planning);
  }

  Tree source;
  Tree replica;
  MemoryFileSystem fs;
};

Plan plan_of(const Tree& source, const Tree& replica, const Planning& planning = as_root()) {
  return test::plan_trees(source, replica, planning);
}

TEST(PairPlanner, PlansNothingForTwoEqualTrees) {
  const Tree both = tree({dir("d"), file("d/a", "hello"), symlink("l", "d"), fifo("p"), socket("s"),
                          char_device("c", 259), link("d/b", "d/a")});
  const Plan plan = plan_of(both, both);
  EXPECT_THAT(told(plan), IsEmpty());
  EXPECT_EQ(plan.summary.unchanged, 7U);
}

TEST(PairPlanner, CountsTheSameEntriesAsUnchangedWhereFilesAreLinked) {
  const Tree apart = tree({file("a", "hello"), file("b", "hello")});
  const Tree linked = tree({file("a", "hello"), link("b", "a")});
  EXPECT_EQ(plan_of(linked, linked).summary.unchanged, plan_of(apart, apart).summary.unchanged);
}

TEST(PairPlanner, CreatesADirectoryFirstAndFinishesItLast) {
  EXPECT_THAT(told(plan_of(tree({file("d/a", "x")}), tree({}))),
              ElementsAre("mkdir create d: missing", "write create d/a: missing",
                          "finish metadata d: mtime", "finish metadata .: children"));
}

TEST(PairPlanner, DeletesTheContentsBeforeTheDirectory) {
  EXPECT_THAT(told(plan_of(tree({}), tree({file("d/e/a", "x")}))),
              ElementsAre("delete delete d/e/a: extra", "rmdir delete d/e: extra",
                          "rmdir delete d: extra", "finish metadata .: children"));
}

TEST(PairPlanner, PutsTheModeOfADirectoryRightInItsFinish) {
  EXPECT_THAT(told(plan_of(tree({dir("d").mode(0700)}), tree({dir("d").at(200)}))),
              ElementsAre("finish metadata d: mtime mode", "finish metadata .: children"));
}

TEST(PairPlanner, PutsRightOnlyTheMetadataOfATouchedFileAndSaysItsContentByMd5) {
  const Plan plan = plan_of(tree({file("a", "hello").at(200)}), tree({file("a", "hello")}));
  EXPECT_THAT(told(plan), ElementsAre("write metadata a: mtime", "finish metadata .: children"));
  const Md5 hello = *parse_md5("5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(action_at(plan, "a").before->md5, hello);
  EXPECT_EQ(action_at(plan, "a").after->md5, hello);
}

TEST(PairPlanner, ComparesATouchedFileWithoutItsMd5WhereNobodyWantsToKnow) {
  Planning planning;
  planning.policy = test::root_policy();
  planning.names_equal_content = false;
  const Plan plan = test::plan_trees(tree({file("a", "hello").at(200), file("b", "hello").at(200)}),
                                     tree({file("a", "hello"), file("b", "world")}), planning);
  EXPECT_THAT(told(plan), ElementsAre("write metadata a: mtime", "write update b: content mtime",
                                      "finish metadata .: children"));
  EXPECT_EQ(action_at(plan, "a").before->md5, std::nullopt);
  EXPECT_EQ(action_at(plan, "a").after->md5, std::nullopt);
}

TEST(PairPlanner, UpdatesATouchedFileOfOtherContent) {
  const Plan plan = plan_of(tree({file("a", "hello").at(200)}), tree({file("a", "world")}));
  EXPECT_THAT(told(plan),
              ElementsAre("write update a: content mtime", "finish metadata .: children"));
  EXPECT_EQ(action_at(plan, "a").after->md5, std::nullopt);
}

TEST(PairPlanner, PinsTheContentOfEverythingThatIsWritten) {
  Planning planning = as_root();
  planning.options.pin = true;
  const Plan plan = plan_of(tree({file("a", "hello"), symlink("l", "a")}), tree({}), planning);
  EXPECT_EQ(action_at(plan, "a").after->md5, parse_md5("5d41402abc4b2a76b9719d911017c592"));
  EXPECT_EQ(action_at(plan, "l").after->md5, std::nullopt);
}

TEST(PairPlanner, ClearsADirectoryThatBecomesAFile) {
  EXPECT_THAT(told(plan_of(tree({file("d", "x")}), tree({file("d/a", "x"), dir("d/e")}))),
              ElementsAre("clear delete d/e: extra", "clear delete d/a: extra",
                          "write replace d: type", "finish metadata .: children"));
}

TEST(PairPlanner, ClearsADirectoryThatBecomesOneMoreNameOfAFile) {
  EXPECT_THAT(told(plan_of(tree({file("a", "x"), link("d", "a")}),
                           tree({file("a", "x"), file("d/b", "x")}))),
              ElementsAre("clear delete d/b: extra", "write link d to a: type link",
                          "finish metadata .: children"));
}

TEST(PairPlanner, MakesADirectoryInPlaceOfAFile) {
  EXPECT_THAT(told(plan_of(tree({file("d/a", "x")}), tree({file("d", "yy")}))),
              ElementsAre("mkdir replace d: type", "write create d/a: missing",
                          "finish metadata d: mtime", "finish metadata .: children"));
}

TEST(PairPlanner, PutsMetadataRightInPlaceThoughAnotherNameBecomesADirectory) {
  EXPECT_THAT(told(plan_of(tree({file("a", "x").at(200), dir("b")}),
                           tree({file("a", "x"), link("b", "a")}))),
              Contains("mkdir replace b: type"));
}

TEST(PairPlanner, AsAPlainUserSkipsDevicesAndProtectsWhatTheReplicaHasThere) {
  Planning planning;
  planning.policy = test::user_policy(0, 0);
  const Plan plan = plan_of(tree({char_device("d/null", 259), char_device("e", 259)}),
                            tree({file("d/null", "x"), file("e/a", "x")}), planning);
  EXPECT_THAT(skipped(plan), ElementsAre("d/null device", "e device"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, LeavesDevicesAloneWhereTheyAreNotWanted) {
  Planning planning = as_root();
  planning.options.no_devices = true;
  const Plan plan = plan_of(
      tree({char_device("d/null", 259), char_device("e", 259), fifo("p")}),
      tree({file("d/null", "x"), char_device("e", 260), char_device("extra", 259), fifo("p")}),
      planning);
  EXPECT_THAT(skipped(plan), ElementsAre("d/null device", "e device"));
  EXPECT_THAT(told(plan), ElementsAre("delete delete extra: extra", "finish metadata .: children"));
}

TEST(PairPlanner, GivesNoFileSetIdBitsWhereTheyAreNotWanted) {
  Planning planning = as_root();
  planning.options.no_setid = planning.policy.no_setid = true;
  const Plan plan =
      plan_of(tree({file("new", "x").mode(06755), dir("d").mode(02755),
                    file("as-it-was", "x").mode(04755), file("others", "x").mode(04755)}),
              tree({file("as-it-was", "x").mode(0755), file("others", "x").mode(02755)}), planning);
  EXPECT_EQ(action_at(plan, "new").after->mode, 0755U);
  EXPECT_EQ(action_at(plan, "d").after->mode, 02755U);
  EXPECT_EQ(action_at(plan, "others").after->mode, 0755U);
  EXPECT_THAT(told(plan), ::testing::Not(Contains(::testing::HasSubstr("as-it-was"))));
}

TEST(PairPlanner, PlansForAFileThatIsWrittenAnewTheModeThatANewFileCanHave) {
  // The group of the replica's file is the source's, but a new one belongs to the user's.
  Planning planning;
  planning.policy = test::user_policy(1000, 100);
  const Tree replica = tree({file("a", "x").owned_by(1000, 50).named_elsewhere(1)});
  const Tree source = tree({file("a", "x").mode(02755).at(200).owned_by(1000, 50)});
  const Plan plan = plan_of(source, replica, planning);
  EXPECT_EQ(told(action_at(plan, "a")), "write update a: mtime mode");
  EXPECT_EQ(action_at(plan, "a").after->mode, 0755U);
}

TEST(PairPlanner, DeletesNothingBelowASourceDirectoryThatCannotBeRead) {
  Folders folders(tree({dir("d"), file("e/a", "x")}),
                  tree({file("d/a", "x"), file("e/b", "other")}));
  folders.fs.make_unreadable("/source", at_path("d"), EACCES);
  const Plan plan = folders.plan();
  EXPECT_THAT(problems(plan), ElementsAre("source d open EACCES"));
  EXPECT_THAT(told(plan),
              ElementsAre("write create e/a: missing", "delete delete e/b: extra",
                          "finish metadata e: children", "finish metadata .: children"));
}

TEST(PairPlanner, DeletesNoDirectoryOfTheReplicaThatCannotBeReadNorAnyAboveIt) {
  Folders folders(tree({}), tree({dir("d/e/f"), file("d/a", "x")}));
  folders.fs.make_unreadable("/replica", at_path("d/e/f"), EACCES);
  const Plan plan = folders.plan();
  EXPECT_THAT(problems(plan), ElementsAre("replica d/e/f open EACCES"));
  EXPECT_THAT(told(plan), ElementsAre("delete delete d/a: extra", "finish metadata .: children"));
}

TEST(PairPlanner, ReplacesNoDirectoryWithSomethingUnreadableInIt) {
  Folders folders(tree({file("d", "x")}), tree({dir("d/e"), file("d/a", "x")}));
  folders.fs.make_unreadable("/replica", at_path("d/e"), EACCES);
  const Plan plan = folders.plan();
  EXPECT_THAT(problems(plan),
              ElementsAre("replica d replace ENOTEMPTY", "replica d/e open EACCES"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, LinksNothingToAPathThatCannotBeReplaced) {
  Folders folders(tree({file("d", "x"), link("e", "d")}), tree({dir("d/sub")}));
  folders.fs.make_unreadable("/replica", at_path("d/sub"), EACCES);
  const Plan plan = folders.plan();
  EXPECT_FALSE(plan.complete());
  for (const Action& action : plan.actions) {
    EXPECT_NE(action.other, at_path("d")) << told(action);
  }
}

TEST(PairPlanner, LeavesAloneWhatItCannotLookAt) {
  Folders folders(tree({file("a", "x"), file("b", "x")}), tree({file("a", "y"), file("c/d", "y")}));
  folders.fs.make_unknown("/source", at_path("a"), EIO);
  folders.fs.make_unknown("/source", at_path("b"), EIO);
  folders.fs.make_unknown("/replica", at_path("c/d"), EIO);
  const Plan plan = folders.plan();
  EXPECT_THAT(problems(plan),
              ElementsAre("source a stat EIO", "source b stat EIO", "replica c/d stat EIO"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, LeavesAFileAloneWhoseSourceCannotBeRead) {
  Folders folders(tree({file("a", "hello").at(200)}), tree({file("a", "hello")}));
  folders.fs.make_unreadable("/source", at_path("a"), EACCES);
  const Plan plan = folders.plan();
  EXPECT_THAT(problems(plan), ElementsAre("source a open EACCES"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, WritesAFileAnewWhoseReplicaCannotBeRead) {
  Folders folders(tree({file("a", "hello").at(200)}), tree({file("a", "hello")}));
  folders.fs.make_unreadable("/replica", at_path("a"), EACCES);
  const Plan plan = folders.plan();
  EXPECT_TRUE(plan.complete());
  EXPECT_THAT(told(plan), Contains("write update a: content mtime"));
}

TEST(PairPlanner, PlansNothingBelowAPathWhoseSymlinkCannotBeRead) {
  Folders folders(tree({file("d/a", "x"), file("d/e/b", "x")}), tree({symlink("d", "x")}));
  folders.fs.make_unreadable("/replica", at_path("d"), EIO);
  const Plan plan = folders.plan();
  EXPECT_THAT(problems(plan), ElementsAre("replica d open EIO"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, DeletesNothingBelowADirectoryThatAnUnreadableSymlinkWouldReplace) {
  Folders folders(tree({symlink("d", "x")}), tree({file("d/a", "x")}));
  folders.fs.make_unreadable("/source", at_path("d"), EIO);
  const Plan plan = folders.plan();
  EXPECT_THAT(problems(plan), ElementsAre("source d open EIO"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, DeletesNothingBelowADirectoryThatAFileWouldReplaceWhichCannotBePinned) {
  Folders folders(tree({file("d", "x")}), tree({file("d/a", "x")}));
  folders.fs.make_unreadable("/source", at_path("d"), EACCES);
  Planning planning = as_root();
  planning.options.pin = true;
  const Plan plan = folders.plan(planning);
  EXPECT_THAT(problems(plan), ElementsAre("source d open EACCES"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, ProtectsWhatIsExcludedAndTheDirectoriesAboveIt) {
  Planning planning = as_root();
  planning.options.rules = {"*.keep"};
  const Plan plan = plan_of(tree({}), tree({file("d/e/a.keep", "x"), file("d/b", "x")}), planning);
  EXPECT_THAT(told(plan), ElementsAre("delete delete d/b: extra", "finish metadata .: children"));
  EXPECT_TRUE(plan.complete());
}

TEST(PairPlanner, DoesNotMirrorWhatIsExcluded) {
  Planning planning = as_root();
  planning.options.rules = {"build/"};
  EXPECT_THAT(told(plan_of(tree({file("build/a", "x")}), tree({}), planning)), IsEmpty());
}

TEST(PairPlanner, DeletesWhatIsExcludedWhereThatIsAskedFor) {
  Planning planning = as_root();
  planning.options.rules = {"*.o"};
  planning.options.delete_excluded = true;
  EXPECT_THAT(
      told(plan_of(tree({file("a.o", "x")}), tree({file("a.o", "x"), file("b.o", "x")}), planning)),
      ElementsAre("delete delete a.o: extra", "delete delete b.o: extra",
                  "finish metadata .: children"));
}

TEST(PairPlanner, SaysThatAnExcludedEntryIsInTheWayOfAMirroredOne) {
  Planning planning = as_root();
  planning.options.rules = {"a/"};
  const Plan plan = plan_of(tree({file("a", "x")}), tree({file("a/b", "x")}), planning);
  EXPECT_THAT(problems(plan), ElementsAre("replica a replace an excluded entry EEXIST"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, DeletesNothingWithoutDeletion) {
  Planning planning = as_root();
  planning.options.remove_extra = false;
  const Plan plan = plan_of(tree({file("a", "x"), file("d", "x")}),
                            tree({file("b", "x"), file("d/c", "x")}), planning);
  EXPECT_THAT(told(plan), ElementsAre("write create a: missing", "finish metadata .: children"));
  EXPECT_THAT(problems(plan), ElementsAre("replica d replace ENOTEMPTY"));
}

TEST(PairPlanner, SkipsItsOwnNameInTheSourceAndDoesNotTouchItInTheReplica) {
  const Plan plan = plan_of(tree({file("d/.sync-txn/a", "x")}), tree({file("d/.sync-txn/b", "x")}));
  EXPECT_THAT(skipped(plan), ElementsAre("d/.sync-txn reserved-name"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, ItsOwnNameIsReservedInAnyLetterCase) {
  const Plan plan = plan_of(tree({file(".Sync-TXN/a", "x"), file(".sync-txn-", "x")}),
                            tree({dir("gone"), file("gone/.sync-TXN", "x")}));
  EXPECT_THAT(skipped(plan), ElementsAre(".Sync-TXN reserved-name"));
  EXPECT_THAT(told(plan),
              ElementsAre("write create .sync-txn-: missing", "finish metadata .: children"));
}

TEST(PairPlanner, SkipsLostAndFoundWhereAFileSystemBeginsAndNowhereElse) {
  const Plan plan = plan_of(tree({dir("lost+found"), dir("d/lost+found")}), tree({dir("d")}));
  EXPECT_THAT(skipped(plan), ElementsAre("lost+found file-system-own"));
  EXPECT_THAT(told(plan), Contains("mkdir create d/lost+found: missing"));
}

TEST(PairPlanner, LeavesOutWhatAFileSystemLeavesOfOpenFilesAndNothingElseOfSuchAName) {
  const std::string left = ".nfs00000000000a3c7b00000001";
  const Plan plan = plan_of(tree({file(left, "open"), dir("d/" + left)}), tree({dir("d")}));
  EXPECT_THAT(skipped(plan), ElementsAre(left + " file-system-own"));
  EXPECT_THAT(told(plan), Contains("mkdir create d/" + left + ": missing"));
}

TEST(PairPlanner, LeavesOutWhatTheReplicasFileSystemHasNone) {
  Planning planning = as_root();
  planning.policy.limits.refuses_symlinks = true;
  planning.policy.limits.refuses_nodes = true;
  const Plan plan =
      plan_of(tree({file("a", "x"), fifo("p"), symlink("s", "a")}), tree({}), planning);
  EXPECT_THAT(skipped(plan), ElementsAre("p not-held", "s not-held"));
  EXPECT_THAT(told(plan), ElementsAre("write create a: missing", "finish metadata .: children"));
}

TEST(PairPlanner, DeletesWhatTheSourceHasReplacedByWhatCanNotBeHeldAndNothingOfThatKind) {
  Planning planning = as_root();
  planning.policy.limits.refuses_symlinks = true;
  const Plan plan =
      plan_of(tree({symlink("d", "a"), symlink("f", "a"), symlink("s", "a")}),
              tree({dir("d"), file("d/x", "x"), file("f", "x"), symlink("s", "b")}), planning);
  EXPECT_THAT(skipped(plan), ElementsAre("d not-held", "f not-held", "s not-held"));
  EXPECT_THAT(told(plan), ElementsAre("delete delete d/x: extra", "delete delete f: extra",
                                      "rmdir delete d: extra", "finish metadata .: children"));
}

TEST(PairPlanner, LeavesDevicesAloneAlsoWhereNoneCanBeHeld) {
  Planning planning = as_root();
  planning.policy.limits.refuses_nodes = true;
  planning.options.no_devices = true;
  const Plan plan =
      plan_of(tree({char_device("c", 259)}), tree({file("c", "a file of the replica")}), planning);
  EXPECT_THAT(skipped(plan), ElementsAre("c device"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, LeavesOutTheProgramsOwnFilesByPath) {
  Planning planning = as_root();
  planning.options.left_out = {"log.txt", "d/state"};
  const Plan plan =
      plan_of(tree({file("log.txt", "x"), file("d/state/a", "x"), file("d/log.txt", "x")}),
              tree({}), planning);
  EXPECT_THAT(skipped(plan), ElementsAre("d/state own-file", "log.txt own-file"));
  EXPECT_THAT(told(plan), ElementsAre("mkdir create d: missing", "write create d/log.txt: missing",
                                      "finish metadata d: mtime", "finish metadata .: children"));
}

TEST(PairPlanner, LeavesOtherFileSystemsOutWhereItIsToldTo) {
  Planning planning = as_root();
  planning.options.one_file_system = true;
  const Plan plan =
      plan_of(tree({dir("m").on_mount(7), file("m/a", "x")}), tree({file("m/b", "x")}), planning);
  EXPECT_THAT(skipped(plan), ElementsAre("m other-file-system"));
  EXPECT_THAT(told(plan), IsEmpty());
}

TEST(PairPlanner, DoesNotEnterMountsOfTheReplicaUnlessItIsToldTo) {
  const Tree source = tree({dir("m"), dir("n")});
  const Tree replica = tree({dir("m").on_mount(7), file("m/a", "x"), dir("n")});
  const Plan plan = plan_of(source, replica);
  EXPECT_THAT(problems(plan), ElementsAre("replica m enter mount EXDEV"));
  EXPECT_THAT(told(plan), IsEmpty());
  Planning crossing = as_root();
  crossing.options.cross_mounts = true;
  EXPECT_THAT(told(plan_of(source, replica, crossing)),
              ElementsAre("delete delete m/a: extra", "finish metadata m: children",
                          "finish metadata .: children"));
}

TEST(PairPlanner, LinksNothingAcrossAMountOfTheReplica) {
  Planning crossing = as_root();
  crossing.options.cross_mounts = true;
  const Plan plan = plan_of(tree({file("a", "x"), link("b", "a"), link("m/c", "a"),
                                  link("m/new/d", "a"), link("new/e", "a")}),
                            tree({dir("m").on_mount(7)}), crossing);
  std::vector<std::string> files;
  for (const Action& action : plan.actions) {
    if (action.phase == Phase::kWrite) files.push_back(told(action));
  }
  EXPECT_THAT(files,
              ElementsAre("write create a: missing", "write link b to a: missing link",
                          "write create m/c: missing", "write link m/new/d to m/c: missing link",
                          "write link new/e to a: missing link"));
}

}  // namespace
}  // namespace foldersync
