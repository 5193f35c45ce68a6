#include "apply/look/look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "format/errno_name.h"
#include "scan/local_tree.h"
#include "support/counting_file_system.h"
#include "support/memory_file_system.h"
#include "support/planning.h"
#include "support/tree.h"

namespace foldersync {
namespace {

using test::at_path;
using test::char_device;
using test::CountingFileSystem;
using test::dir;
using test::fifo;
using test::file;
using test::link;
using test::MemoryFileSystem;
using test::Object;
using test::Planning;
using test::symlink;
using test::Tree;
using test::tree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "holds", "already", "failed ERRNO PATH", or "stale" with each drift: " SIDE FIELD WANTED/FOUND".
std::string told(const LookResult& look) {
  switch (look.finding) {
    case Finding::kHolds:
      return "holds";
    case Finding::kAlready:
      return "already";
    case Finding::kFailed:
      return "failed " + errno_name(look.error->error_number) + " " + look.error->path;
    case Finding::kStale:
      break;
  }
  std::string text = "stale";
  for (const Drift& drift : look.drifts) {
    text += std::string(" ") + to_string(drift.side) + " " + drift.difference.field + " " +
            drift.difference.expected + "/" + drift.difference.found;
  }
  return text;
}

// Two trees and the plan that makes one of the other; then the trees change, and are looked at.
class LookTest : public testing::Test {
 protected:
  // Plans, with `planning_` and `rules`.
  void given(Tree source, Tree replica) {
    source_ = std::move(source);
    replica_ = std::move(replica);
    fs_.mount("/source", source_);
    fs_.mount("/replica", replica_);
    plan_ = test::plan_folders(fs_, "/source", "/replica", planning_);
    auto filter = Filter::compile(planning_.options.rules);
    auto source_root = open_root(counting_, "/source", "source");
    auto replica_root = open_root(counting_, "/replica", "replica");
    ASSERT_TRUE(filter.ok() && source_root.ok() && replica_root.ok());
    filter_ = std::move(*filter);
    source_root_ = std::move(*source_root);
    replica_root_ = std::move(*replica_root);
  }

  [[nodiscard]] const Action& action(const std::string& path) const {
    for (const Action& action : plan_.actions) {
      if (action.path == at_path(path)) return action;
    }
    ADD_FAILURE() << "no action on " << path;
    return plan_.actions.front();
  }

  LookContext context() {
    source_tree_.emplace(tree_without(source_root_, replica_root_));
    return {.source = *source_tree_,
            .source_root = other_root(replica_root_, source_root_),
            .replica = replica_root_,
            .options = plan_.options,
            .policy = planning_.policy,
            .filter = filter_,
            .follow_source = follow_source_};
  }
  LookResult look(const std::string& path) {
    const LookContext eyes = context();
    return Looker(eyes, 8, true).look(action(path));
  }

  Planning planning_{{}, test::root_policy(), 1, nullptr};
  bool follow_source_ = false;
  Tree source_;
  Tree replica_;
  MemoryFileSystem fs_;
  CountingFileSystem counting_{fs_};
  Plan plan_;
  Filter filter_;
  Root source_root_;
  Root replica_root_;
  std::optional<LocalTree> source_tree_;
};

// One action of each kind.
class LookAtEachKind : public LookTest {
 protected:
  LookAtEachKind() {
    given(
        tree({file("created", "new"), file("group-a", "linked").at(300), link("group-b", "group-a"),
              dir("made"), file("made/f", "x"), file("replaced", "was a link"),
              symlink("retargeted", "new"), file("touched", "same").at(200),
              file("updated", "longer").at(200), file("d/kept", "kept"), dir("d").at(200)}),
        tree({file("deleted", "goes"), dir("emptied"), file("group-a", "linked").at(300),
              symlink("replaced", "elsewhere"), symlink("retargeted", "old"),
              file("touched", "same"), file("updated", "old"), file("d/kept", "kept"), dir("d")}));
  }
};

TEST_F(LookAtEachKind, WhatIsAsPlannedHolds) {
  for (const Action& action : plan_.actions) {
    // The finish of a directory waits for what happens to it before.
    if (action.phase == Phase::kFinish && action.path != at_path("d")) continue;
    const LookContext eyes = context();
    EXPECT_EQ(told(Looker(eyes, 8, true).look(action)), "holds")
        << to_string(action.op) << " " << action.path.shown();
  }
  EXPECT_GE(plan_.actions.size(), 11U);
}

TEST_F(LookAtEachKind, WhatIsDoneIsAlreadySo) {
  replica_ = source_;
  for (const Action& action : plan_.actions) {
    const LookContext eyes = context();
    EXPECT_EQ(told(Looker(eyes, 8, true).look(action)), "already")
        << to_string(action.op) << " " << action.path.shown();
  }
}

TEST_F(LookAtEachKind, TheResultHasBothSidesAndTheTargetOfALink) {
  const LookResult found = look("retargeted");
  EXPECT_EQ(found.source_target, "new");
  EXPECT_EQ(found.source->type, FileType::kSymlink);
  EXPECT_EQ(found.replica->type, FileType::kSymlink);
  EXPECT_EQ(found.after, action("retargeted").after);
  EXPECT_FALSE(look("created").replica.has_value());
  EXPECT_FALSE(look("deleted").source.has_value());
}

TEST_F(LookAtEachKind, TheReplicasEntryThatIsMissingIsAbsent) {
  for (const std::string path : {"updated", "touched", "retargeted", "replaced"}) {
    replica_.erase(at_path(path));
  }
  EXPECT_EQ(told(look("updated")), "stale replica type file/absent");
  EXPECT_EQ(told(look("touched")), "stale replica type file/absent");
  EXPECT_EQ(told(look("retargeted")), "stale replica type symlink/absent");
  EXPECT_EQ(told(look("replaced")), "stale replica type symlink/absent");
}

TEST_F(LookAtEachKind, ANameThatWasToBeFreeAndIsTakenByAnother) {
  replica_.put(at_path("created"), *tree({file("x", "of others")}).find(at_path("x")));
  replica_.put(at_path("made"), *tree({fifo("x")}).find(at_path("x")));
  EXPECT_EQ(told(look("created")), "stale replica type absent/file");
  EXPECT_EQ(told(look("made")), "stale replica type absent/fifo");
}

TEST_F(LookAtEachKind, ADeletedEntryThatTheSourceHasAgainIsNotDeleted) {
  source_.put(at_path("deleted"), *replica_.find(at_path("deleted")));
  source_.put(at_path("emptied"), *replica_.find(at_path("emptied")));
  EXPECT_EQ(told(look("deleted")), "stale source type absent/file");
  EXPECT_EQ(told(look("emptied")), "stale source type absent/dir");
}

TEST_F(LookAtEachKind, ASourceEntryThatHasVanishedIsStale) {
  source_.erase(at_path("created"));
  source_.erase(at_path("made"));
  EXPECT_EQ(told(look("created")), "stale source type file/absent");
  EXPECT_EQ(told(look("made")), "stale source type dir/absent");
}

TEST_F(LookAtEachKind, ALinkIsThereOnlyAsANameOfItsLeader) {
  replica_.put(at_path("group-b"), *source_.find(at_path("group-b")));
  EXPECT_EQ(told(look("group-b")), "stale replica type absent/file");
  replica_.link(at_path("group-b"), at_path("group-a"));
  EXPECT_EQ(told(look("group-b")), "already");
}

TEST_F(LookAtEachKind, AFinishIsDoneWhereTheTimeIsRight) {
  replica_.find(at_path("d"))->mtime = {200, 0};
  EXPECT_EQ(told(look("d")), "already");
  replica_.find(at_path("d"))->mtime = {201, 0};
  EXPECT_EQ(told(look("d")), "holds") << "others change the time of a directory with each child";
}

TEST_F(LookAtEachKind, AnErrorOnEitherSideIsAFailure) {
  fs_.make_unknown("/source", at_path("updated"), EIO);
  fs_.make_unknown("/replica", at_path("deleted"), EACCES);
  fs_.make_unreadable("/source", at_path("made"), EMFILE);
  EXPECT_EQ(told(look("updated")), "failed EIO updated");
  EXPECT_EQ(told(look("deleted")), "failed EACCES deleted");
  EXPECT_EQ(told(look("made/f")), "failed EMFILE made");
}

TEST_F(LookAtEachKind, ATargetThatCannotBeReadIsAFailure) {
  fs_.make_unreadable("/source", at_path("retargeted"), EIO);
  EXPECT_EQ(told(look("retargeted")), "failed EIO retargeted");
}

TEST_F(LookAtEachKind, ATargetOfTheReplicaThatCannotBeReadIsAFailure) {
  fs_.make_unreadable("/replica", at_path("replaced"), EIO);
  EXPECT_EQ(told(look("replaced")), "failed EIO replaced");
}

TEST_F(LookAtEachKind, APathThatLeadsThroughALinkIsAbsent) {
  source_.erase(at_path("made"));
  source_.put(at_path("made"), *tree({symlink("x", "d")}).find(at_path("x")));
  EXPECT_EQ(told(look("made/f")), "stale source type file/absent");
}

TEST_F(LookTest, EachFieldOfTheReplicaThatDriftedIsNamed) {
  given(tree({file("f", "new").at(200), char_device("n", 259), symlink("l", "new")}),
        tree({file("f", "old").at(150), char_device("n", 260), symlink("l", "old")}));
  const auto drifted = [&](const std::string& path, auto change) {
    const Tree before = replica_;
    change(*replica_.find(at_path(path)));
    const std::string text = told(look(path));
    replica_ = before;
    return text;
  };
  EXPECT_EQ(drifted("f", [](Object& it) { it.content = "older"; }), "stale replica size 3/5");
  EXPECT_EQ(drifted("f", [](Object& it) { it.mode = 0600; }), "stale replica mode 0644/0600");
  EXPECT_EQ(drifted("f", [](Object& it) { it.uid = 7; }), "stale replica uid 0/7");
  EXPECT_EQ(drifted("f", [](Object& it) { it.gid = 7; }), "stale replica gid 0/7");
  EXPECT_EQ(drifted("f",
                    [](Object& it) {
                      it.mtime = {151, 5};
                    }),
            "stale replica mtime 1970-01-01T00:02:30.000000000Z/1970-01-01T00:02:31.000000005Z");
  EXPECT_EQ(drifted("f", [](Object& it) { it.type = FileType::kFifo; }),
            "stale replica type file/fifo");
  EXPECT_EQ(drifted("l", [](Object& it) { it.content = "other"; }),
            "stale replica target old/other");
  EXPECT_EQ(drifted("n", [](Object& it) { it.rdev = 261; }), "stale replica device 1:4/1:5");
  EXPECT_EQ(drifted("f",
                    [](Object& it) {
                      it.content = "older";
                      it.mode = 0600;
                    }),
            "stale replica size 3/5 replica mode 0644/0600");
}

TEST_F(LookTest, EachFieldOfTheSourceThatDriftedIsNamed) {
  given(tree({file("f", "new").at(200), symlink("l", "new")}), tree({}));
  source_.find(at_path("f"))->content = "newer";
  source_.find(at_path("f"))->mode = 0600;
  source_.find(at_path("l"))->content = "newer";
  EXPECT_EQ(told(look("f")), "stale source size 3/5 source mode 0644/0600");
  EXPECT_EQ(told(look("l")), "stale source target new/newer");
}

TEST_F(LookTest, WhereBothSidesDriftedBothAreTold) {
  given(tree({file("f", "new").at(200), file("c", "new")}),
        tree({file("f", "old").at(150), file("gone", "x")}));
  for (const char* path : {"f", "c"}) source_.find(at_path(path))->content = "newer";
  EXPECT_EQ(told(look("f")), "stale source size 3/5") << "the replica is as planned";
  replica_.find(at_path("f"))->content = "older";
  EXPECT_EQ(told(look("f")), "stale source size 3/5 replica size 3/5");
  replica_.put(at_path("c"), *source_.find(at_path("c")));
  EXPECT_EQ(told(look("c")), "stale source size 3/5 replica type absent/file");
  *replica_.find(at_path("f")) = *tree({file("f", "new").at(200)}).find(at_path("f"));
  EXPECT_EQ(told(look("f")), "stale source size 3/5") << "the plan itself would have made it so";
}

TEST_F(LookTest, ALinkNeedsTwoPathsThatAreOneFileInTheSource) {
  given(tree({file("a", "x"), link("b", "a")}), tree({file("a", "x")}));
  EXPECT_EQ(told(look("b")), "holds");
  source_.put(at_path("b"), *source_.find(at_path("a")));
  EXPECT_EQ(told(look("b")), "stale source link a/another file");
  source_.erase(at_path("a"));
  EXPECT_EQ(told(look("b")), "stale source link a/absent");
}

TEST_F(LookTest, WhereNobodyReviewedThePlanTheSourceIsFollowedAsItIsNow) {
  given(tree({file("f", "new").at(200)}), tree({file("f", "old").at(150)}));
  follow_source_ = true;
  source_.find(at_path("f"))->content = "newer";
  const LookResult found = look("f");
  EXPECT_EQ(told(found), "holds");
  EXPECT_EQ(found.after->size, 5U);
  source_.find(at_path("f"))->type = FileType::kFifo;
  EXPECT_EQ(told(look("f")), "stale source type file/fifo");
}

TEST_F(LookTest, AnUpdateForItsContentIsAlreadySoOnlyWhereTheContentIs) {
  planning_.policy.checksum = true;
  given(tree({file("f", "new")}), tree({file("f", "old")}));
  EXPECT_EQ(told(look("f")), "holds");
  replica_.find(at_path("f"))->content = "new";
  EXPECT_EQ(told(look("f")), "already");
  fs_.make_unreadable("/source", at_path("f"), EIO);
  EXPECT_EQ(told(look("f")), "holds") << "what can't be read is not taken for done";
}

TEST_F(LookTest, WithoutTimesOnlyContentTellsThatAFileWasCreated) {
  given(tree({file("f", "new")}), tree({}));
  planning_.policy.limits.refuses_times = true;
  replica_ = tree({file("f", "old").at(7)});
  EXPECT_NE(told(look("f")), "already");
  replica_.find(at_path("f"))->content = "new";
  EXPECT_EQ(told(look("f")), "already");
}

TEST_F(LookTest, AttributesAreNeverTakenForDone) {
  given(tree({file("f", "x").at(200)}), tree({file("f", "x")}));
  Action changed = action("f");
  changed.reasons.add(Reason::kXattrs);
  replica_.find(at_path("f"))->mtime = {200, 0};
  const LookContext eyes = context();
  EXPECT_NE(Looker(eyes, 8, true).look(changed).finding, Finding::kAlready);
}

TEST_F(LookTest, TimesAndModesCountOnlyAsFarAsTheFileSystemHoldsThem) {
  planning_.policy.limits.times.granularity = 1'000'000'000;
  planning_.policy.limits.holds_modes = false;
  planning_.policy.limits.holds_owners = false;
  given(tree({file("f", "new").at(200, 7)}), tree({}));
  replica_ = tree({file("f", "new").at(200).mode(0777).owned_by(7, 7)});
  EXPECT_EQ(told(look("f")), "already");
}

TEST_F(LookTest, WhatTheSourceHasReplacedByWhatCanNotBeHeldMayBeDeleted) {
  planning_.policy.limits.refuses_symlinks = true;
  given(tree({symlink("a", "x"), symlink("d", "x")}), tree({file("a", "x"), file("d/b", "x")}));
  EXPECT_EQ(told(look("a")), "holds");
  EXPECT_EQ(told(look("d/b")), "holds");
  EXPECT_EQ(told(look("d")), "holds");
  planning_.policy.limits.refuses_symlinks = false;
  EXPECT_EQ(told(look("a")), "stale source type absent/symlink");
}

TEST_F(LookTest, WhatTheSourceHasAndExcludesMayBeDeletedWhereThatWasAskedFor) {
  planning_.options.rules = {"*.tmp"};
  planning_.options.delete_excluded = true;
  given(tree({file("a.tmp", "x")}), tree({file("a.tmp", "x"), file("d/b.tmp", "x")}));
  EXPECT_EQ(told(look("a.tmp")), "holds");
  EXPECT_EQ(told(look("d/b.tmp")), "holds");
  plan_.options.delete_excluded = false;
  EXPECT_EQ(told(look("a.tmp")), "stale source type absent/file");
}

TEST_F(LookTest, WhatLiesBelowAMissingDirectoryIsNotLookedForTwice) {
  given(tree({file("d/e/a", "x"), file("d/e/b", "x"), file("f", "x")}), tree({}));
  const LookContext eyes = context();
  Looker looker(eyes, 8, true);
  const auto opened_for = [&](const std::string& path) {
    const std::uint64_t before = counting_.calls.directories;
    EXPECT_FALSE(looker.replica_status(at_path(path))->has_value());
    return counting_.calls.directories - before;
  };
  looker.replica().absent().remember();
  EXPECT_EQ(opened_for("d/e/a"), 1U);
  EXPECT_EQ(opened_for("d/e/b"), 0U);
  looker.replica().absent().forget();
  EXPECT_EQ(opened_for("d/e/b"), 1U);
}

TEST_F(LookTest, TheRootsAreTheFoldersThatAreOpen) {
  given(tree({file("a", "x"), dir(".").at(300)}), tree({file("a", "x")}));
  const LookContext eyes = context();
  Looker looker(eyes, 8, true);
  EXPECT_EQ((*looker.source_status(RelPath()))->mtime, (FileTime{300, 0}));
  EXPECT_EQ((*looker.replica_status(RelPath()))->mtime, (FileTime{100, 0}));
}

TEST_F(LookTest, AnotherMountInTheReplicaIsNotEnteredUnlessThatWasAskedFor) {
  given(tree({file("m/a", "new")}), tree({dir("m")}));
  replica_.find(at_path("m"))->mount = 2;
  EXPECT_EQ(told(look("m/a")), "failed EXDEV m");
  plan_.options.cross_mounts = true;
  EXPECT_EQ(told(look("m/a")), "holds");
}

TEST_F(LookTest, AForeignNameIsOneThatNeitherThePlanNorThisRunKnows) {
  given(tree({}), tree({}));
  const LookContext looks = context();
  Looker looker(looks, 4, false);
  Action action;
  action.op = Op::kMetadata;
  action.before = action.after = Facts{};
  action.before->links = 2;
  LookResult look;
  look.replica = FileStatus{};
  look.replica->links = 3;
  EXPECT_EQ(looker.name_outside(action, look, 0)->difference, (Difference{"links", "2", "3"}));
  EXPECT_EQ(looker.name_outside(action, look, 1), std::nullopt);
  action.before->links = std::nullopt;
  EXPECT_EQ(looker.name_outside(action, look, 0)->difference, (Difference{"links", "1", "3"}));
  action.op = Op::kUpdate;
  EXPECT_EQ(looker.name_outside(action, look, 0), std::nullopt);
  look.replica = std::nullopt;
  EXPECT_EQ(looker.name_outside(action, look, 0), std::nullopt);
}

TEST_F(LookTest, AnotherSpellingOfTheOwnFolderIsNotEntered) {
  given(tree({file("sync/COMMIT", "forged")}), tree({}));
  replica_.put(at_path(".sync-txn"), *tree({dir("d")}).find(at_path("d")));
  fs_.alias("/replica", "sync", ".sync-txn");
  for (const std::string path : {"sync", "sync/COMMIT"}) {
    EXPECT_THAT(look(path).error->detail, HasSubstr("is reserved")) << path;
  }
}

}  // namespace
}  // namespace foldersync
