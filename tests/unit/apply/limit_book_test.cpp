#include "apply/stage/limit_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <thread>
#include <vector>

namespace foldersync {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Error refused(int error_number) {
  Error error = system_error("set xattr", error_number);
  error.detail = "the attribute user.x";
  return error;
}

TEST(LimitBook, KnowsWhatItWasTold) {
  FileSystemLimits known;
  known.holds_owners = false;
  EXPECT_EQ(LimitBook(known).limits(), known);
  EXPECT_THAT(LimitBook(known).take_news(), IsEmpty());
}

TEST(LimitBook, LearnsNothingFromATimeThatIsHeld) {
  LimitBook book{{}};
  EXPECT_TRUE(book.saw_mtime({1, 2}, {1, 2}, "a"));
  EXPECT_EQ(book.limits(), FileSystemLimits{});
  EXPECT_THAT(book.take_news(), IsEmpty());
}

TEST(LimitBook, LearnsACoarseTimeAndThenExpectsIt) {
  LimitBook book{{}};
  EXPECT_TRUE(book.saw_mtime({5, 123'456'789}, {5, 0}, "a b"));
  EXPECT_THAT(book.take_news(),
              ElementsAre(AllOf(HasSubstr("modification time"), HasSubstr("'a b'"))));
  EXPECT_EQ(stored_as({9, 987'654'321}, book.limits().times), (FileTime{9, 0}));
  EXPECT_TRUE(book.saw_mtime({9, 987'654'321}, {9, 0}, "b"));
  EXPECT_THAT(book.take_news(), IsEmpty());
}

TEST(LimitBook, TellsEachKindOnceHoweverOftenItIsSeen) {
  LimitBook book{{}};
  for (int i = 0; i < 3; ++i) {
    book.saw_denial(Denied::kOwners, EPERM, "a");
    book.saw_denial(Denied::kModes, 0, "b");
    book.saw_denial(Denied::kTimes, EPERM, "c");
    book.saw_denied_xattr(refused(ENOTSUP), "d");
    book.saw_denied_uid(static_cast<std::uint32_t>(i), "");
  }
  EXPECT_THAT(book.take_news(), ElementsAre(HasSubstr("'a'"), HasSubstr("'b'"), HasSubstr("'c'"),
                                            HasSubstr("'d'"), HasSubstr("'.'")));
  book.saw_denial(Denied::kOwners, ENOSYS, "e");
  EXPECT_THAT(book.take_news(), IsEmpty());
}

TEST(LimitBook, ARefusalThatMayPassIsToldButNotLearned) {
  LimitBook book{{}};
  book.saw_denied_xattr(refused(ENOSPC), "a");
  book.saw_denied_xattr(refused(E2BIG), "b");
  EXPECT_EQ(book.limits(), FileSystemLimits{});
  EXPECT_TRUE(book.losses().denied_xattrs);
  EXPECT_THAT(book.take_news(),
              ElementsAre(AllOf(HasSubstr("'a'"), HasSubstr("user.x")), HasSubstr("'b'")));
}

TEST(LimitBook, NotEveryEntryOfThousandsIsNamed) {
  LimitBook book{{}};
  for (int i = 0; i < 1000; ++i) book.saw_denied_xattr(refused(ENOSPC), std::to_string(i));
  EXPECT_THAT(book.take_news(), SizeIs(21));
}

TEST(LimitBook, ATimeThatIsNotSetAtAllIsNotExplained) {
  LimitBook book{{}};
  EXPECT_FALSE(book.saw_mtime({1'000'000'000, 0}, {1'700'000'000, 7}, "a"));
  EXPECT_EQ(book.limits(), FileSystemLimits{});
  book.saw_denial(Denied::kTimes, 0, "a");
  EXPECT_TRUE(book.saw_mtime({1'000'000'000, 0}, {1'700'000'000, 7}, "a"));
}

// The end of the range is tried next; where that is not held either, no time is.
TEST(LimitBook, ATimeThatHasWrappedTellsWhatToTryNext) {
  LimitBook book{{}};
  EXPECT_FALSE(book.saw_mtime({-5, 0}, {4'294'967'291, 0}, "a"));
  EXPECT_EQ(book.limits().times.earliest, (FileTime{0, 0}));
  EXPECT_TRUE(book.saw_mtime({0, 0}, {0, 0}, "a"));
  EXPECT_THAT(book.take_news(), SizeIs(1));
  book.saw_denial(Denied::kTimes, 0, "a");
  EXPECT_EQ(book.limits().times, TimeLimits{});
}

TEST(LimitBook, IdsThatAreRefusedAreKeptInOrderAndTooManyAreAll) {
  LimitBook book{{}};
  for (const std::uint32_t id : {9U, 3U, 9U}) book.saw_denied_gid(id, "a");
  EXPECT_THAT(book.limits().refused_gids, ElementsAre(3U, 9U));
  EXPECT_TRUE(book.limits().holds_owners);
  for (std::uint32_t id = 0; id < 2000; ++id) book.saw_denied_uid(id, "a");
  EXPECT_FALSE(book.limits().holds_owners);
}

TEST(LimitBook, ANumberOfNamesThatNoFileSystemHasIsNotBelieved) {
  LimitBook book{{}};
  book.saw_most_names(1);
  EXPECT_EQ(book.limits(), FileSystemLimits{});
  EXPECT_THAT(book.take_news(), IsEmpty());
  book.saw_most_names(32000);
  EXPECT_EQ(book.limits().most_names, 32000U);
}

TEST(LimitBook, WhatOneEntryLosesIsNoLimit) {
  LimitBook book{{}};
  book.saw_loss(system_error("chown", EPERM), "a");
  EXPECT_TRUE(book.losses().metadata);
  EXPECT_EQ(book.loss_of("a")->error_number, EPERM);
  EXPECT_FALSE(book.loss_of("b"));
  EXPECT_EQ(book.limits(), FileSystemLimits{});
  EXPECT_THAT(book.take_news(), ElementsAre(HasSubstr("'a'")));
}

TEST(LimitBook, AKindThatTheFileSystemHasNotIsNoRefusal) {
  LimitBook book{{}};
  book.saw_denied_xattr(refused(ENOTSUP), "a");
  EXPECT_FALSE(book.losses().denied_xattrs);
  EXPECT_TRUE(book.losses().lacks_xattrs);
}

TEST(LimitBook, IsWrittenByManyThreads) {
  LimitBook book{{}};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 1000; ++round) book.saw_denial(Denied::kModes, EPERM, "a");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(book.limits().holds_modes);
  EXPECT_THAT(book.take_news(), SizeIs(1));
}

}  // namespace
}  // namespace foldersync
