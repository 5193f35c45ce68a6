#include "plan/past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plan/order.h"
#include "plan/undo.h"

namespace foldersync {
namespace {

using testing::UnorderedElementsAre;

Facts of_file(std::uint64_t size) {
  Facts facts;
  facts.size = size;
  return facts;
}
Facts of_directory(std::uint32_t mode = 0755) {
  Facts facts;
  facts.type = FileType::kDirectory;
  facts.mode = mode;
  return facts;
}

Action deleted(const char* path, Facts old) {
  return action_of(Op::kCreate, RelPath(path), {Reason::kUndo}, std::nullopt, old);
}
Action created(const char* path, Facts made) {
  return action_of(Op::kDelete, RelPath(path), {Reason::kUndo}, made, std::nullopt);
}
Action replaced(const char* path, Facts made, Facts old) {
  return action_of(Op::kUpdate, RelPath(path), {Reason::kUndo}, made, old);
}
Action moved(const char* from, const char* to, Facts what) {
  Action action = action_of(Op::kMove, RelPath(from), {Reason::kUndo}, what, what);
  action.other = RelPath(to);
  return action;
}

// Each list is the undo of a run, the oldest first.
Past past_of(const char* path, const std::vector<std::vector<Action>>& runs) {
  Past past{RelPath(path)};
  for (const auto& run : runs) {
    ActionStore store;
    for (const Action& action : run) EXPECT_TRUE(store.append(action).ok());
    EXPECT_TRUE(past.add(store).ok());
  }
  return past;
}

// "2:a": of the backup of run 2; "-:a": of the replica; "": nothing was there.
std::string where(const Past& past, std::size_t run, const char* path) {
  const auto origin = past.before(run, RelPath(path));
  if (!origin) return "";
  return (origin->run ? std::to_string(*origin->run) : "-") + ":" + origin->path.shown();
}

TEST(Past, WhatNoRunHasTouchedIsInTheReplica) {
  const Past past = past_of("a", {{replaced("b", of_file(1), of_file(2))}, {}});
  EXPECT_EQ(where(past, 0, "a"), "-:a");
  EXPECT_FALSE(past.touches(0, RelPath("a")));
}

TEST(Past, IsInTheBackupOfTheNextRunThatReplacedIt) {
  const Past past = past_of(
      "a", {{replaced("a", of_file(2), of_file(1))}, {}, {replaced("a", of_file(3), of_file(2))}});
  EXPECT_EQ(where(past, 0, "a"), "0:a");
  EXPECT_EQ(where(past, 1, "a"), "2:a");
  EXPECT_EQ(where(past, 2, "a"), "2:a");
  EXPECT_EQ(where(past, 3, "a"), "-:a");
  EXPECT_FALSE(past.touches(1, RelPath("a")));
  EXPECT_TRUE(past.touches(2, RelPath("a")));
}

TEST(Past, WhatARunCreatedWasNotThereBefore) {
  const Past past = past_of("a", {{created("a", of_file(1))}, {deleted("a", of_file(1))}});
  EXPECT_EQ(where(past, 0, "a"), "");
  EXPECT_EQ(where(past, 1, "a"), "1:a");
}

TEST(Past, WhatWasMovedIsSoughtUnderItsLaterPath) {
  const Past past =
      past_of("a", {{moved("a", "b", of_file(1))}, {replaced("b", of_file(2), of_file(1))}});
  EXPECT_EQ(where(past, 0, "a"), "1:b");
  EXPECT_EQ(where(past, 1, "a"), "-:a");
}

TEST(Past, WhereSomethingWasMovedToNothingWasBefore) {
  const Past past = past_of("b", {{moved("a", "b", of_directory())}});
  EXPECT_EQ(where(past, 0, "b"), "");
  EXPECT_EQ(where(past, 0, "b/x"), "");
  EXPECT_TRUE(past.touches(0, RelPath("b")));
}

TEST(Past, WhatIsInAMovedDirectoryMovesWithIt) {
  const Past past = past_of("d", {{moved("d", "e", of_directory()), deleted("d/x", of_file(1))},
                                  {replaced("e/y", of_file(2), of_file(1))}});
  EXPECT_EQ(where(past, 0, "d"), "-:e");
  EXPECT_EQ(where(past, 0, "d/x"), "0:d/x");
  EXPECT_EQ(where(past, 0, "d/y"), "1:e/y");
  EXPECT_EQ(where(past, 0, "d/z"), "-:e/z");
  const auto names = past.names_before(0, RelPath("d"));
  EXPECT_THAT(names.names, UnorderedElementsAre("x", "y"));
  EXPECT_EQ(names.today, RelPath("e"));
}

TEST(Past, AFileIsSoughtWhereADirectoryAboveItWasMovedTo) {
  const Past past =
      past_of("d/y", {{moved("d", "e", of_directory())}, {deleted("e/y", of_file(1))}});
  EXPECT_EQ(where(past, 0, "d/y"), "1:e/y");
  EXPECT_TRUE(past.touches(0, RelPath("d/y")));
}

TEST(Past, SwapsAreFollowed) {
  const Past past = past_of("a", {{moved("a", "b", of_file(1)), moved("b", "a", of_file(2))}});
  EXPECT_EQ(where(past, 0, "a"), "-:b");
}

TEST(Past, WhatIsDeletedWithItsDirectoryIsAllThatItHeld) {
  const Past past = past_of("d", {{deleted("d", of_directory()), deleted("d/x", of_file(1))}});
  EXPECT_EQ(where(past, 0, "d"), "0:d");
  EXPECT_EQ(where(past, 0, "d/x"), "0:d/x");
  EXPECT_EQ(where(past, 0, "d/other"), "");
  EXPECT_FALSE(past.names_before(0, RelPath("d")).today);
}

TEST(Past, MetadataAloneKeepsTheContentThatIsThereToday) {
  Facts was = of_file(1);
  was.mode = 0600;
  const Action action = action_of(Op::kMetadata, RelPath("a"), {Reason::kUndo}, of_file(1), was);
  const Past past = past_of("a", {{action}});
  EXPECT_EQ(where(past, 0, "a"), "-:a");
  EXPECT_EQ(past.before(0, RelPath("a"))->facts->mode, 0600U);
  EXPECT_TRUE(past.touches(0, RelPath("a")));
}

TEST(Past, TheOldestMetadataOfADirectoryCounts) {
  const Past past = past_of(
      "d", {{finish_of(RelPath("d"), {Reason::kUndo}, of_directory(), of_directory(0700))},
            {finish_of(RelPath("d"), {Reason::kUndo}, of_directory(), of_directory(0711))}});
  EXPECT_EQ(past.before(0, RelPath("d"))->facts->mode, 0700U);
  EXPECT_EQ(past.before(1, RelPath("d"))->facts->mode, 0711U);
}

TEST(Past, ANameOfAFileIsWhatTheFileIs) {
  Action link = action_of(Op::kLink, RelPath("a"), {Reason::kUndo}, std::nullopt, of_file(1));
  link.other = RelPath("z");
  const Past past = past_of("a", {{link, deleted("z", of_file(1))}});
  EXPECT_EQ(where(past, 0, "a"), "0:z");
}

}  // namespace
}  // namespace foldersync
