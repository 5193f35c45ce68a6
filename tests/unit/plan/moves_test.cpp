#include "plan/moves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "plan/order.h"

namespace foldersync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Facts file_of(std::uint64_t size, std::int64_t mtime) {
  Facts facts;
  facts.size = size;
  facts.mtime = FileTime{mtime, 0};
  facts.mode = 0644;
  return facts;
}

Facts folder(std::uint32_t mode = 0755) {
  Facts facts;
  facts.type = FileType::kDirectory;
  facts.mode = mode;
  return facts;
}

// Actions of a plan, and what else the search for moves is told.
class Found {
 public:
  Found& creates(const char* path, Facts after) {
    const bool is_folder = after.type == FileType::kDirectory;
    Action action;
    action.phase = is_folder ? Phase::kMkdir : Phase::kWrite;
    action.op = Op::kCreate;
    action.path = RelPath(path);
    action.reasons = {Reason::kMissing};
    action.after = after;
    actions_.push_back(action);
    if (!is_folder) return *this;
    action.phase = Phase::kFinish;
    action.op = Op::kMetadata;
    action.reasons = {Reason::kMtime};
    action.before = after;
    action.after->mtime = FileTime{7, 0};
    actions_.push_back(action);
    return *this;
  }

  Found& deletes(const char* path, Facts before) {
    const bool is_folder = before.type == FileType::kDirectory;
    Action action;
    action.phase = is_folder ? Phase::kRmdir : Phase::kDelete;
    action.op = Op::kDelete;
    action.path = RelPath(path);
    action.reasons = {Reason::kExtra};
    action.before = before;
    if (is_folder) {
      before.mtime = FileTime{7, 0};
      gone_.push_back({action.path, before});
      action.before = Facts{};
      action.before->type = FileType::kDirectory;
    }
    actions_.push_back(action);
    return *this;
  }

  Found& updates(const char* path, Facts before, Facts after) {
    Action action;
    action.op = Op::kUpdate;
    action.path = RelPath(path);
    action.reasons = {Reason::kSize};
    action.before = before;
    action.after = after;
    actions_.push_back(action);
    return *this;
  }

  Found& blocks(const char* path) {
    blocked_.push_back(RelPath(path));
    return *this;
  }

  MoveCandidates candidates() const { return {actions_, gone_, blocked_, policy_}; }

  // "new <- old, other old", one for each directory.
  std::vector<std::string> directories() const {
    std::vector<std::string> lines;
    const DirectoryCandidates found = candidates().directories();
    for (const DirectoryCandidate& candidate : found.creates) {
      std::vector<std::size_t> removes;
      for (const Occurrences& places : candidate.like) {
        for (std::size_t at = places.begin; at < places.end; ++at)
          removes.push_back(found.removes[at]);
      }
      lines.push_back(listed({candidate.create}) + " <- " + listed(removes));
    }
    return lines;
  }

  std::vector<std::string> files() const {
    std::vector<std::string> lines;
    for (const MoveGroup& group : candidates().files(std::vector<bool>(actions_.size()))) {
      lines.push_back(both(group.creates, group.updates) + " <- " +
                      both(group.removes, group.changes));
    }
    return lines;
  }

  // "new <- old", where the files of one letter hold the same: the first of their names.
  std::vector<std::string> pairs() const {
    std::vector<std::string> lines;
    for (const MoveGroup& group : candidates().files(std::vector<bool>(actions_.size()))) {
      for (const MovePair& pair :
           pair_up(actions_, letters(group.creates), letters(group.removes), false)) {
        lines.push_back(listed({pair.create}) + " <- " + listed({pair.remove}));
      }
    }
    return lines;
  }

  std::vector<Action> actions_;
  std::vector<GoneDirectory> gone_;
  std::vector<RelPath> blocked_;
  Policy policy_;

 private:
  std::string listed(const std::vector<std::size_t>& indexes) const {
    std::string text;
    for (const std::size_t index : indexes)
      text += (text.empty() ? "" : ", ") + actions_[index].path.shown();
    return text;
  }

  std::string both(const std::vector<std::size_t>& plain,
                   const std::vector<std::size_t>& rewritten) const {
    std::string text = listed(plain);
    if (rewritten.empty()) return text;
    return text + (text.empty() ? "" : ", ") + "rewritten: " + listed(rewritten);
  }

  std::vector<HashedFile> letters(const std::vector<std::size_t>& indexes) const {
    std::vector<HashedFile> files;
    for (const std::size_t index : indexes) {
      Md5 md5;
      md5.bytes[0] = static_cast<unsigned char>(actions_[index].path.name().front());
      files.push_back({index, md5});
    }
    return files;
  }
};

TEST(Moves, AFileOfTheSameSizeAndTimeIsACandidate) {
  Found found;
  found.creates("new", file_of(5, 100)).deletes("old", file_of(5, 100));
  EXPECT_THAT(found.files(), ElementsAre("new <- old"));
}

TEST(Moves, AnotherSizeOrTimeAndAFileWithoutContentAreNone) {
  Found found;
  found.creates("a", file_of(5, 100)).deletes("b", file_of(6, 100)).deletes("c", file_of(5, 101));
  found.creates("d", file_of(0, 100)).deletes("e", file_of(0, 100));
  EXPECT_THAT(found.files(), IsEmpty());
}

TEST(Moves, TimesCountAsFarAsTheReplicaHoldsThem) {
  Found found;
  found.policy_.limits.times.two_seconds = true;
  found.creates("a", file_of(5, 101)).deletes("b", file_of(5, 100));
  EXPECT_THAT(found.files(), ElementsAre("a <- b"));
}

TEST(Moves, WhatHasMoreNamesIsBlocked) {
  Found found;
  found.creates("a", file_of(5, 100)).deletes("b", file_of(5, 100)).blocks("b");
  EXPECT_TRUE(found.candidates().empty());
}

TEST(Moves, WhatIsClearedIsNotMovedButMayBeTakenOver) {
  Found found;
  found.creates("a", file_of(5, 100)).deletes("b", file_of(5, 100));
  EXPECT_THAT(found.files(), ElementsAre("a <- b"));
  found.actions_.back().phase = Phase::kClear;
  EXPECT_THAT(found.files(), ElementsAre("a <- rewritten: b"));
}

TEST(Moves, WhatIsReplacedIsNone) {
  Found found;
  found.creates("a", file_of(5, 100)).deletes("b", file_of(5, 100));
  found.actions_.front().reasons = {Reason::kType};
  EXPECT_TRUE(found.candidates().empty());
}

TEST(Moves, WhatGoesIntoADirectoryThatTakesThePlaceOfSomethingElseIsNone) {
  Found found;
  found.creates("d", folder()).creates("d/e", folder()).creates("d/e/a", file_of(5, 100));
  found.creates("d-", file_of(6, 100)).deletes("b", file_of(5, 100)).deletes("c", file_of(6, 100));
  EXPECT_THAT(found.files(), ElementsAre("d/e/a <- b", "d- <- c"));
  found.actions_.front().op = Op::kReplace;
  // It may be taken over: an undo has it from the backup.
  EXPECT_THAT(found.files(), ElementsAre("rewritten: d/e/a <- b", "d- <- c"));
}

TEST(TakeOvers, AreOfFilesThatChangePlaces) {
  Found found;
  found.updates("a", file_of(5, 100), file_of(6, 101));
  found.updates("b", file_of(6, 101), file_of(5, 100));
  EXPECT_THAT(found.files(),
              ElementsAre("rewritten: b <- rewritten: a", "rewritten: a <- rewritten: b"));
}

TEST(TakeOvers, AreOfAChainAndOfAPlaceThatIsTaken) {
  Found found;
  found.updates("log", file_of(5, 100), file_of(1, 200));
  found.updates("log.1", file_of(6, 99), file_of(5, 100)).creates("log.2", file_of(6, 99));
  found.deletes("comes", file_of(7, 98)).updates("place", file_of(8, 97), file_of(7, 98));
  EXPECT_THAT(found.files(), ElementsAre("rewritten: log.1 <- rewritten: log",
                                         "log.2 <- rewritten: log.1", "rewritten: place <- comes"));
}

TEST(TakeOvers, NeedTheSameMetadata) {
  Found found;
  Facts other = file_of(5, 100);
  other.mode = 0600;
  found.updates("a", file_of(6, 101), other).deletes("b", file_of(5, 100));
  EXPECT_THAT(found.files(), IsEmpty());
  EXPECT_FALSE(wants_metadata_of(found.actions_[0], found.actions_[1]));
}

TEST(TakeOvers, AreNotOfAFileItself) {
  Found found;
  found.updates("a", file_of(5, 100), file_of(5, 100));
  EXPECT_THAT(found.files(), IsEmpty());
  EXPECT_THAT(pair_up(found.actions_, {{0, Md5{}}}, {{0, Md5{}}}, true), IsEmpty());
}

TEST(TakeOvers, AreNotOfGroupsNorOfFilesWithoutContent) {
  Found found;
  found.updates("a", file_of(0, 1), file_of(0, 2)).deletes("b", file_of(0, 2));
  found.updates("c", file_of(5, 1), file_of(5, 2)).deletes("d", file_of(5, 2));
  found.actions_[2].reasons.add(Reason::kLink);
  found.creates("e", file_of(6, 1)).updates("f", file_of(6, 1), file_of(7, 1));
  found.actions_[5].before->links = 2;
  EXPECT_THAT(found.files(), IsEmpty());
}

TEST(TakeOvers, OfOneContentAreThoseOfOneMetadata) {
  Found found;
  Facts closed = file_of(5, 100);
  closed.mode = 0600;
  found.updates("a1", file_of(1, 1), closed).updates("a2", file_of(2, 2), file_of(5, 100));
  found.deletes("a3", file_of(5, 100)).deletes("a4", closed);
  const std::vector<MovePair> pairs =
      pair_up(found.actions_, {{0, Md5{}}, {1, Md5{}}}, {{2, Md5{}}, {3, Md5{}}}, true);
  EXPECT_THAT(pairs, ElementsAre(MovePair{0, 3}, MovePair{1, 2}));
  std::vector<Action> actions = found.actions_;
  make_take_overs(actions, pairs);
  EXPECT_EQ(actions[0].other, RelPath("a4"));
  EXPECT_EQ(actions[1].other, RelPath("a3"));
  EXPECT_EQ(actions[2], found.actions_[2]);
}

TEST(Moves, OfSeveralFilesThoseOfOneNameComeFirstThenPathOrder) {
  Found found;
  found.creates("new/c1", file_of(5, 100)).creates("new/c9", file_of(5, 100));
  found.creates("new/d", file_of(5, 100));
  found.deletes("old/c2", file_of(5, 100)).deletes("z/c1", file_of(5, 100));
  found.deletes("old/c3", file_of(5, 100)).deletes("old/e", file_of(5, 100));
  EXPECT_THAT(found.pairs(), ElementsAre("new/c1 <- z/c1", "new/c9 <- old/c2"));
}

TEST(Moves, AFileThatCouldNotBeReadHasNoLike) {
  Found found;
  found.creates("a1", file_of(5, 100)).deletes("a2", file_of(5, 100));
  const auto pairs = [&](std::optional<Md5> of_new, std::optional<Md5> of_old) {
    return pair_up(found.actions_, {{0, of_new}}, {{1, of_old}}, false);
  };
  EXPECT_THAT(pairs(Md5{}, std::nullopt), IsEmpty());
  EXPECT_THAT(pairs(std::nullopt, Md5{}), IsEmpty());
  EXPECT_THAT(pairs(Md5{}, Md5{}), ElementsAre(MovePair{0, 1}));
}

// As a plan has them then.
void move(std::vector<Action>& actions, const std::vector<FoundMove>& moves) {
  const std::vector<bool> dropped = make_moves(actions, moves);
  std::size_t index = 0;
  std::erase_if(actions, [&](const Action&) { return dropped[index++]; });
}

Found whole_directory() {
  Found found;
  found.creates("new", folder()).creates("new/sub", folder(0700));
  found.creates("new/f", file_of(5, 100)).creates("new/sub/g", file_of(6, 100));
  found.deletes("old", folder()).deletes("old/sub", folder(0700));
  found.deletes("old/f", file_of(5, 100)).deletes("old/sub/g", file_of(6, 100));
  return found;
}

TEST(Moves, ADirectoryWithTheSameEntriesIsACandidateAndSoIsWhatIsInIt) {
  EXPECT_THAT(whole_directory().directories(), ElementsAre("new <- old", "new/sub <- old/sub"));
}

TEST(Moves, ADirectoryWithOtherEntriesIsNone) {
  const auto other = [](const char* path, Facts facts) {
    Found found = whole_directory();
    for (Action& action : found.actions_) {
      if (action.path == RelPath(path)) action.after = facts;
    }
    return found.directories();
  };
  EXPECT_THAT(other("new/sub/g", file_of(7, 100)), IsEmpty());
  EXPECT_THAT(other("new/f", file_of(5, 101)), ElementsAre("new/sub <- old/sub"));
  Facts closed = file_of(5, 100);
  closed.mode = 0600;
  EXPECT_THAT(other("new/f", closed), ElementsAre("new/sub <- old/sub"));
  EXPECT_THAT(other("new/sub", folder(0755)), ElementsAre("new/sub <- old/sub"));
  Found more = whole_directory();
  more.deletes("old/h", file_of(0, 100));
  EXPECT_THAT(more.directories(), ElementsAre("new/sub <- old/sub"));
}

TEST(Moves, OfDirectoriesThatLookAlikeThoseOfOneNameComeFirstThenByName) {
  Found found;
  for (const char* path : {"new", "new/b", "new/x"}) found.creates(path, folder());
  found.creates("new/b/f", file_of(5, 100)).creates("new/x/f", file_of(5, 100));
  for (const char* path : {"old", "old/c", "old/d", "z", "z/a", "z/b"})
    found.deletes(path, folder());
  for (const char* path : {"old/c/f", "old/d/f", "z/a/f", "z/b/f"})
    found.deletes(path, file_of(5, 100));
  EXPECT_THAT(found.directories(),
              ElementsAre("new/b <- z/b, z/a, old/c, old/d", "new/x <- z/a, z/b, old/c, old/d"));
}

// With a list for each of them, memory would grow with the square of how many there are.
TEST(Moves, DirectoriesThatLookAlikeAreListedOnceForAll) {
  Found found;
  for (int i = 0; i < 100; ++i) {
    const std::string made = "new/" + std::to_string(i);
    const std::string gone = "old/" + std::to_string(i + 100);
    found.creates(made.c_str(), folder()).creates((made + "/f").c_str(), file_of(5, 100));
    found.deletes(gone.c_str(), folder()).deletes((gone + "/f").c_str(), file_of(5, 100));
  }
  const DirectoryCandidates directories = found.candidates().directories();
  EXPECT_EQ(directories.creates.size(), 100U);
  EXPECT_EQ(directories.removes.size(), 100U);
}

TEST(Moves, NoDirectoryAboveSomethingBlockedIsMoved) {
  EXPECT_THAT(whole_directory().blocks("old/linked").directories(),
              ElementsAre("new/sub <- old/sub"));
  EXPECT_THAT(whole_directory().blocks("new/sub/unreadable").directories(), IsEmpty());
}

TEST(Moves, ADirectoryWithoutContentIsNone) {
  Found found;
  found.creates("new", folder()).creates("new/empty", file_of(0, 100));
  found.deletes("old", folder()).deletes("old/empty", file_of(0, 100));
  EXPECT_THAT(found.directories(), IsEmpty());
}

TEST(Moves, AModeThatDependsOnTheOwnerKeepsADirectoryFromMovingWhole) {
  Found found;
  Facts program = file_of(5, 100);
  program.mode = 04755;
  found.creates("new", folder()).creates("new/f", program);
  found.deletes("old", folder()).deletes("old/f", program);
  EXPECT_THAT(found.directories(), IsEmpty());
  found.policy_.as_root = true;
  EXPECT_THAT(found.directories(), ElementsAre("new <- old"));
}

TEST(Moves, TheMoveOfADirectoryStandsForAllThatIsInIt) {
  Found found = whole_directory();
  const MoveCandidates candidates = found.candidates();
  const DirectoryCandidates directories = candidates.directories();
  const MovePair pair{directories.creates.front().create,
                      directories.removes[directories.creates.front().like.front().begin]};
  EXPECT_EQ(candidates.entries(pair).size(), 4U);
  EXPECT_EQ(candidates.entries(pair).front(), pair);
  move(found.actions_, {{pair, folder(0700), folder()}});
  ASSERT_EQ(found.actions_.size(), 2U);
  const Action& move = found.actions_.front();
  EXPECT_EQ(move.phase, Phase::kMkdir);
  EXPECT_EQ(move.op, Op::kMove);
  EXPECT_EQ(move.other, RelPath("old"));
  EXPECT_EQ(move.before, folder(0700));
  // It comes as it was, and is finished then.
  const Action& finish = found.actions_.back();
  EXPECT_EQ(finish.path, RelPath("new"));
  EXPECT_EQ(finish.before, folder(0700));
  EXPECT_TRUE(finish.reasons.has(Reason::kMode));
}

TEST(Moves, TheMoveOfAFileSaysWhichMetadataIsPutRight) {
  Found found;
  found.creates("new", file_of(5, 100)).deletes("old", file_of(5, 100));
  Facts before = file_of(5, 100);
  before.mode = 0600;
  move(found.actions_, {{{0, 1}, before, file_of(5, 100)}});
  ASSERT_EQ(found.actions_.size(), 1U);
  EXPECT_EQ(found.actions_.front().reasons, (ReasonSet{Reason::kMissing, Reason::kMode}));
}

}  // namespace
}  // namespace foldersync
