#include "scan/status_ahead.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "scan/listing.h"
#include "scan/local_tree.h"
#include "support/disk_tree.h"
#include "support/faulty_file_system.h"

namespace foldersync {
namespace {

constexpr std::size_t kNames = StatusAhead::kFewestNames + 700;  // the last block is not full

// A directory with so many files, their permissions differ.
class StatusAheadTest : public testing::Test {
 protected:
  StatusAheadTest() : directory_(::open(scratch_.path().c_str(), O_RDONLY | O_CLOEXEC)) {
    for (std::size_t i = 0; i < kNames; ++i) {
      const auto mode = static_cast<mode_t>(i % 0700);
      EXPECT_EQ(::mknodat(directory_.get(), name_of(i).c_str(), S_IFREG | mode, 0), 0);
    }
    EXPECT_TRUE(names_.read(fs_, directory_.get()).ok());
  }

  static std::string name_of(std::size_t number) { return std::to_string(100000 + number); }

  // What comes, "NAME MODE" or "NAME errno".
  std::vector<std::string> entries(bool looks_ahead) {
    EntryReader reader(here_, names_, looks_ahead);
    std::vector<std::string> result;
    while (const ListedEntry* const entry = reader.next()) {
      result.push_back(std::string(entry->name) +
                       (entry->error_number == 0
                            ? " " + std::to_string(entry->status.mode)
                            : " errno " + std::to_string(entry->error_number)));
    }
    return result;
  }

  ScratchFolder scratch_;
  FaultyFileSystem fs_;
  Fd directory_;
  LocalDirectory here_{fs_, directory_.get()};
  DirectoryNames names_;
};

TEST_F(StatusAheadTest, TheEntriesAreThoseOfOneLookAfterAnother) {
  const auto expected = entries(false);
  ASSERT_EQ(expected.size(), kNames);
  EXPECT_EQ(entries(true), expected);
}

TEST_F(StatusAheadTest, WhatVanishedIsLeftOutAndWhatCannotBeSeenIsUnknown) {
  fs_.intercept([](const CallInfo& info) {
    if (info.call != Call::kStatusAt) return 0;
    const int number = std::stoi(std::string(info.name));
    return number % 3 == 0 ? ENOENT : number % 5 == 0 ? EIO : 0;
  });
  const auto expected = entries(false);
  ASSERT_LT(expected.size(), kNames);
  EXPECT_EQ(entries(true), expected);
}

TEST_F(StatusAheadTest, ItLooksNotMuchFurtherThanWhatIsTaken) {
  constexpr std::size_t kFurthest = 4096;
  std::atomic<std::size_t> looks{0};
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kStatusAt) ++looks;
    return 0;
  });
  StatusAhead ahead(here_, names_);
  for (std::size_t taken = 1; taken <= kNames; ++taken) {
    ahead.next();
    ASSERT_GE(looks, taken);
    ASSERT_LE(looks, taken + kFurthest);
  }
}

TEST_F(StatusAheadTest, OneThatIsNotAskedToTheEndEnds) {
  for (const std::size_t taken : {0U, 1U, 600U}) {
    StatusAhead ahead(here_, names_);
    for (std::size_t i = 0; i < taken; ++i) ahead.next();
  }
}

TEST_F(StatusAheadTest, AnotherThreadLooksOnlyWhereItMay) {
  const auto main_thread = std::this_thread::get_id();
  std::atomic<bool> is_other{false};
  fs_.intercept([&](const CallInfo& info) {
    if (info.call == Call::kStatusAt && std::this_thread::get_id() != main_thread) is_other = true;
    return 0;
  });
  entries(false);
  EXPECT_FALSE(is_other);
  entries(true);
  EXPECT_TRUE(is_other);
}

}  // namespace
}  // namespace foldersync
