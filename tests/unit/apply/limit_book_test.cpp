#include "apply/stage/limit_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <thread>
#include <vector>

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(LimitBook, KnowsWhatItWasTold) {
  FileSystemLimits known;
  known.holds_owners = false;
  EXPECT_EQ(LimitBook(known).limits(), known);
  EXPECT_THAT(LimitBook(known).take_news(), IsEmpty());
}

TEST(LimitBook, LearnsNothingFromATimeThatIsHeld) {
  LimitBook book{{}};
  book.saw_mtime({1, 2}, {1, 2});
  EXPECT_EQ(book.limits(), FileSystemLimits{});
  EXPECT_THAT(book.take_news(), IsEmpty());
}

TEST(LimitBook, LearnsACoarseTimeAndThenExpectsIt) {
  LimitBook book{{}};
  book.saw_mtime({5, 123'456'789}, {5, 0});
  EXPECT_THAT(book.take_news(), ElementsAre(HasSubstr("modification time")));
  EXPECT_EQ(stored_as({9, 987'654'321}, book.limits().times), (FileTime{9, 0}));
  book.saw_mtime({9, 987'654'321}, {9, 0});
  EXPECT_THAT(book.take_news(), IsEmpty());
}

TEST(LimitBook, TellsEachKindOnceHoweverOftenItIsSeen) {
  LimitBook book{{}};
  for (int i = 0; i < 3; ++i) {
    book.saw_no_owners(EPERM);
    book.saw_no_modes();
    book.saw_refused_xattr(ENOTSUP);
  }
  EXPECT_THAT(book.take_news(), SizeIs(3));
  book.saw_no_owners(EPERM);
  EXPECT_THAT(book.take_news(), IsEmpty());
}

TEST(LimitBook, ARefusalThatMayPassIsToldButNotLearned) {
  LimitBook book{{}};
  book.saw_refused_xattr(ENOSPC);
  EXPECT_TRUE(book.limits().holds_xattrs);
  EXPECT_TRUE(book.has_refused_xattrs());
  EXPECT_THAT(book.take_news(), SizeIs(1));
}

TEST(LimitBook, AKindThatTheFileSystemHasNotIsNoRefusal) {
  LimitBook book{{}};
  book.saw_refused_xattr(ENOTSUP);
  EXPECT_FALSE(book.has_refused_xattrs());
}

TEST(LimitBook, IsWrittenByManyThreads) {
  LimitBook book{{}};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 1000; ++round) book.saw_no_modes();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(book.limits().holds_modes);
  EXPECT_THAT(book.take_news(), SizeIs(1));
}

}  // namespace
}  // namespace foldersync
