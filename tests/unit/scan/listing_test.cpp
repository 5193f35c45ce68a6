#include "scan/listing.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ListingTest : public testing::Test {
 protected:
  ListingTest() : root_(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

  void touch(const std::string& name) { write_file(scratch_ / name, name); }

  std::vector<std::string> names() {
    EXPECT_EQ(::lseek(root_.get(), 0, SEEK_SET), 0);
    EXPECT_TRUE(listing_.read(fs_, root_.get()).ok());
    std::vector<std::string> result;
    for (const ListedEntry& entry : listing_.entries()) {
      EXPECT_EQ(entry.name.data()[entry.name.size()], '\0');
      result.emplace_back(entry.name);
    }
    return result;
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  Fd root_;
  Listing listing_;
};

TEST_F(ListingTest, AnEmptyDirectoryHasNoEntries) { EXPECT_THAT(names(), IsEmpty()); }

TEST_F(ListingTest, EntriesComeInByteOrderAndWithoutTheDots) {
  for (const char* name : {"b", "B", "a", "\xFF", "a.b", "a-b", "...", " ", "\n"}) touch(name);
  EXPECT_THAT(names(), ElementsAre("\n", " ", "...", "B", "a", "a-b", "a.b", "b", "\xFF"));
}

TEST_F(ListingTest, NamesOfEveryLengthArrive) {
  for (std::size_t length = 1; length <= 255; ++length) touch(std::string(length, 'n'));
  const auto found = names();
  ASSERT_EQ(found.size(), 255U);
  EXPECT_EQ(found.front().size(), 1U);
  EXPECT_EQ(found.back().size(), 255U);
}

TEST_F(ListingTest, MoreEntriesThanOneCallGivesAreAllThereOnce) {
  constexpr int kMany = 5000;
  for (int i = 0; i < kMany; ++i) {
    const Fd made(::openat(root_.get(), ("entry number " + std::to_string(i)).c_str(),
                           O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_TRUE(made.is_open());
  }
  const auto found = names();
  EXPECT_GT(fs_.calls(Call::kList), 2U);
  EXPECT_EQ(found.size(), static_cast<std::size_t>(kMany));
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size());
}

TEST_F(ListingTest, AnObjectThatIsUsedAgainForgetsWhatItHeld) {
  touch("first");
  names();
  ASSERT_EQ(::unlink((scratch_ / "first").c_str()), 0);
  touch("second");
  EXPECT_THAT(names(), ElementsAre("second"));
}

TEST_F(ListingTest, WhatVanishesMeanwhileIsLeftOut) {
  touch("stays");
  touch("vanishes");
  fs_.intercept(act_before(Call::kStatusAt, "vanishes",
                           [&] { ASSERT_EQ(::unlink((scratch_ / "vanishes").c_str()), 0); }));
  EXPECT_THAT(names(), ElementsAre("stays"));
}

TEST_F(ListingTest, AnEntryThatCannotBeLookedAtIsThereAndUnknown) {
  touch("a");
  touch("b");
  fs_.intercept([](const CallInfo& info) {
    return info.call == Call::kStatusAt && info.name == "a" ? EIO : 0;
  });
  EXPECT_THAT(names(), ElementsAre("a", "b"));
  EXPECT_EQ(listing_.entries()[0].error_number, EIO);
  EXPECT_EQ(listing_.entries()[1].error_number, 0);
}

TEST_F(ListingTest, ADirectoryThatCannotBeReadToItsEndIsAnErrorAndNoShorterDirectory) {
  for (int i = 0; i < 3000; ++i) touch("entry number " + std::to_string(i));
  fs_.intercept(fail_nth(Call::kList, 2, EIO));
  const Status read = listing_.read(fs_, root_.get());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().error_number, EIO);
  EXPECT_THAT(listing_.entries(), IsEmpty());
}

// Whoever may write in it decides how many names it has.
TEST_F(ListingTest, ToldToStopInTheMiddleOfALargeDirectoryItAsksForNothingMore) {
  for (int i = 0; i < 20'000; ++i) touch("entry number " + std::to_string(i));
  for (const auto& [call, number] : {std::pair(Call::kList, 2U), std::pair(Call::kStatusAt, 5U)}) {
    std::atomic<bool> stop{false};
    FaultyFileSystem told;
    told.intercept([&, call = call, number = number](const CallInfo& info) {
      if (info.call == call && info.number_of_kind == number) stop = true;
      return 0;
    });
    ASSERT_EQ(::lseek(root_.get(), 0, SEEK_SET), 0);
    Listing listing(&stop);
    const Status read = listing.read(told, root_.get());
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, ErrorCode::kStopped);
    EXPECT_EQ(told.calls(call), number);
  }
  // All is read, and is to be put in order.
  std::atomic<bool> stop{false};
  const std::uint64_t reads = [&] {
    EXPECT_EQ(::lseek(root_.get(), 0, SEEK_SET), 0);
    FaultyFileSystem counting;
    DirectoryNames names;
    EXPECT_TRUE(names.read(counting, root_.get()).ok());
    return counting.calls(Call::kList);
  }();
  FaultyFileSystem told;
  told.intercept([&](const CallInfo& info) {
    if (info.call == Call::kList && info.number_of_kind == reads) stop = true;
    return 0;
  });
  ASSERT_EQ(::lseek(root_.get(), 0, SEEK_SET), 0);
  DirectoryNames names(&stop);
  const Status read = names.read(told, root_.get());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kStopped);
  EXPECT_EQ(names.size(), 0U);
}

TEST_F(ListingTest, TheDirectoryItselfSaysWhatCannotBeAFile) {
  touch("file");
  ASSERT_EQ(::mkdirat(root_.get(), "folder", 0700), 0);
  ASSERT_EQ(::symlinkat("file", root_.get(), "link"), 0);
  DirectoryNames names;
  ASSERT_TRUE(names.read(fs_, root_.get()).ok());
  ASSERT_EQ(names.size(), 3U);
  EXPECT_TRUE(names.may_be_file(0));
  EXPECT_FALSE(names.may_be_file(1)) << names[1];
  EXPECT_FALSE(names.may_be_file(2)) << names[2];
}

TEST_F(ListingTest, NamesThatFillManyBlocksStayWhereTheyAre) {
  for (int i = 0; i < 3000; ++i) touch(std::string(100, 'n') + std::to_string(10'000 + i));
  DirectoryNames names;
  for (int again = 0; again < 2; ++again) {
    ASSERT_EQ(::lseek(root_.get(), 0, SEEK_SET), 0);
    ASSERT_TRUE(names.read(fs_, root_.get()).ok());
    ASSERT_EQ(names.size(), 3000U);
    for (std::size_t i = 0; i < names.size(); ++i) {
      ASSERT_EQ(names[i], std::string(100, 'n') + std::to_string(10'000 + i));
    }
  }
}

TEST_F(ListingTest, AReaderLooksAtAnEntryWhenItIsAskedForIt) {
  for (const char* name : {"a", "b", "c"}) touch(name);
  DirectoryNames names;
  ASSERT_TRUE(names.read(fs_, root_.get()).ok());
  EXPECT_EQ(fs_.calls(Call::kStatusAt), 0U);
  LocalDirectory here(fs_, root_.get());
  EntryReader entries(here, names);
  ASSERT_EQ(entries.next()->name, "a");
  ASSERT_EQ(::unlink((scratch_ / "b").c_str()), 0);
  write_file(scratch_ / "c", "changed");
  const ListedEntry* const last = entries.next();
  ASSERT_EQ(last->name, "c");
  EXPECT_EQ(last->status.size, 7U);
  EXPECT_EQ(entries.next(), nullptr);
  EXPECT_EQ(EntryReader().next(), nullptr);

  EntryReader telling(here, names, false, Vanished::kTold);
  EXPECT_EQ(telling.next()->error_number, 0);
  EXPECT_EQ(telling.next()->error_number, ENOENT);
}

TEST_F(ListingTest, CostsOneLookAnEntry) {
  for (const char* name : {"a", "b", "c"}) touch(name);
  names();
  EXPECT_EQ(fs_.calls(Call::kStatusAt), 3U);
  EXPECT_EQ(fs_.calls(Call::kList), 2U);
  EXPECT_EQ(fs_.calls(), 5U);
}

}  // namespace
}  // namespace foldersync
