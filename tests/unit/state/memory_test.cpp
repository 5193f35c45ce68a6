#include "state/memory.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include "fs/posix_file_system.h"
#include "state/memory_rows.h"
#include "state_fixture.h"

namespace foldersync {
namespace {

using testing::HasSubstr;

constexpr uid_t kNobody = 65534;

class MemoryTest : public StateTest {
 protected:
  [[nodiscard]] Memory::Opened open_memory() const { return Memory::open(folder_, 1); }

  // A memory that must be there, without a word.
  [[nodiscard]] std::unique_ptr<Memory> good_memory() const {
    Memory::Opened opened = open_memory();
    EXPECT_EQ(opened.warning, "");
    EXPECT_NE(opened.memory, nullptr);
    return std::move(opened.memory);
  }

  void learn(const std::string& key, const std::string& value) const {
    const auto memory = good_memory();
    memory->set_fact(key, value);
    ASSERT_TRUE(memory->save().ok());
  }

  // Facts on several pages.
  void learn_much() const {
    const auto memory = good_memory();
    for (int i = 100; i < 200; ++i) memory->set_fact(std::to_string(i), std::string(200, 'v'));
    ASSERT_TRUE(memory->save().ok());
  }

  [[nodiscard]] Database database() const {
    return std::move(*Database::open(path("memory.db"), Access::kReadWrite, 1));
  }

  void expect_unknown(const std::string& why) const {
    const Memory::Opened opened = open_memory();
    EXPECT_EQ(opened.memory, nullptr);
    EXPECT_THAT(opened.warning, HasSubstr("a disk that is not mounted may go unnoticed"));
    EXPECT_THAT(opened.warning, HasSubstr(why));
  }
};

TEST_F(MemoryTest, LimitsAreKeptForEachFileSystem) {
  FileSystemLimits limits;
  limits.times = {1'000'000'000, true, FileTime{-5, 1}, FileTime{4'354'819'198, 2}};
  limits.holds_modes = false;
  FileSystemLimits half;
  half.times.latest = FileTime{7, 0};
  half.holds_owners = false;
  half.refuses_times = half.refuses_link_owners = true;
  half.refused_uids = {5, 65534};
  half.refused_gids = {7};
  {
    const auto memory = good_memory();
    memory->set_limits("fat", limits);
    memory->set_limits("other", half);
    EXPECT_EQ(memory->limits("fat"), limits);
    ASSERT_TRUE(memory->save().ok());
  }
  const auto memory = good_memory();
  EXPECT_EQ(memory->limits("fat"), limits);
  EXPECT_EQ(memory->limits("other"), half);
  EXPECT_EQ(memory->limits("unknown"), FileSystemLimits{});
  memory->set_limits("other", {});
  ASSERT_TRUE(memory->save().ok());
  EXPECT_EQ(good_memory()->limits("other"), FileSystemLimits{});
}

TEST_F(MemoryTest, FactsAreKeptByAnyKey) {
  const std::string key("k\0\xff", 3);
  {
    const auto memory = good_memory();
    memory->set_fact(key, std::string_view("v\0", 2));
    memory->set_fact("empty", "old");
    memory->set_fact("empty", "");
    EXPECT_EQ(*memory->fact("empty"), "");
    ASSERT_TRUE(memory->save().ok());
  }
  const auto memory = good_memory();
  EXPECT_EQ(*memory->fact(key), std::string("v\0", 2));
  EXPECT_EQ(*memory->fact("empty"), "");
  EXPECT_EQ(*memory->fact("k"), std::nullopt);
}

TEST_F(MemoryTest, WhatWasNotSavedIsLost) {
  good_memory()->set_fact("key", "value");
  EXPECT_EQ(*good_memory()->fact("key"), std::nullopt);
}

TEST_F(MemoryTest, IsForItsOwnerOnlyAndLeavesNothingBesideIt) {
  learn("key", "value");
  EXPECT_EQ(mode(path("memory.db")), 0600U);
  const std::vector<std::filesystem::path> files(std::filesystem::directory_iterator(folder_), {});
  EXPECT_EQ(files, std::vector<std::filesystem::path>{path("memory.db")});
}

TEST_F(MemoryTest, ACommitIsOnDiskWhenItReturns) {
  FileSystem& system = posix_file_system();
  const StateFolder folder = std::move(*StateFolder::open(system, folder_));
  const auto synchronous = [&](const DatabaseKind& kind) {
    const OpenedDatabase opened = open_database(folder, kind, 1);
    Statement asked = *Database(*opened.database).prepare("PRAGMA synchronous");
    EXPECT_TRUE(*asked.step());
    return asked.integer(0);
  };
  EXPECT_EQ(synchronous(kMemoryDatabase), 3) << "EXTRA: the folder, too";
}

TEST_F(MemoryTest, TwoMayHaveItOpenAtOnceAndSeeWhatTheOtherSaved) {
  const auto one = good_memory();
  const auto two = good_memory();
  one->set_fact("one", "1");
  two->set_fact("two", "2");
  ASSERT_TRUE(one->save().ok());
  ASSERT_TRUE(two->save().ok());
  EXPECT_EQ(*one->fact("two"), "2");
  EXPECT_EQ(*two->fact("one"), "1");
}

TEST_F(MemoryTest, IsTheSameWithoutTheCache) {
  learn("key", "value");
  fill({row("a")});
  for (const char* name : {"cache.db", "cache.db-wal", "cache.db-shm"}) {
    std::filesystem::remove(path(name));
  }
  EXPECT_EQ(*good_memory()->fact("key"), "value");
}

TEST_F(MemoryTest, AFactThatWasChangedOnDiskIsAnErrorUntilItIsSetAgain) {
  for (const char* change : {"value = x'77'", "checksum = 0", "value = NULL || x'77'"}) {
    learn("key", "value");
    const Status changed = database().run(std::string("UPDATE facts SET ") + change);
    if (!changed) continue;
    const auto memory = good_memory();
    EXPECT_FALSE(memory->fact("key").ok()) << change;
    learn("key", "value");
    EXPECT_EQ(*good_memory()->fact("key"), "value");
  }
}

TEST_F(MemoryTest, LimitsThatWereChangedOnDiskAreLearnedAgain) {
  FileSystemLimits limits;
  limits.holds_owners = false;
  limits.times.earliest = FileTime{5, 5};
  for (const char* change : {
           "identity = x'01' || identity",
           "granularity = 2",
           "two_seconds = 1",
           "earliest_seconds = 6",
           "earliest_seconds = NULL",
           "earliest_nanoseconds = 1000000000",
           "latest_seconds = 6",
           "holds_owners = 1",
           "holds_modes = 0",
           "holds_xattrs = 0",
           "checksum = 0",
       }) {
    const auto memory = good_memory();
    memory->set_limits("id", limits);
    ASSERT_TRUE(memory->save().ok());
    ASSERT_TRUE(database().run(std::string("UPDATE limits SET ") + change).ok()) << change;
    EXPECT_EQ(good_memory()->limits("id"), FileSystemLimits{}) << change;
    ASSERT_TRUE(database().run("DELETE FROM limits").ok());
  }
}

TEST_F(MemoryTest, ANewerVersionIsLeftAloneAndCountsAsUnknown) {
  learn("key", "value");
  ASSERT_TRUE(database().run("PRAGMA user_version=2").ok());
  const std::string before = read("memory.db");
  expect_unknown("newer version");
  EXPECT_EQ(read("memory.db"), before);
}

TEST_F(MemoryTest, AVersionThatBecomesNewerMeanwhileIsNotWrittenAnyMore) {
  const auto memory = good_memory();
  ASSERT_TRUE(database().run("PRAGMA user_version=2").ok());
  memory->set_fact("key", "value");
  EXPECT_FALSE(memory->save().ok());
  expect_unknown("newer version");
}

TEST_F(MemoryTest, WhatIsNoDatabaseIsSetAsideAndTold) {
  write("memory.db", std::string(10'000, 'x'));
  const Memory::Opened opened = open_memory();
  EXPECT_THAT(opened.warning, HasSubstr("may go unnoticed"));
  EXPECT_THAT(opened.warning, HasSubstr("renamed to memory.db.corrupt-1"));
  ASSERT_NE(opened.memory, nullptr);
  EXPECT_EQ(read("memory.db.corrupt-1"), std::string(10'000, 'x'));
  learn("key", "value");
}

TEST_F(MemoryTest, SomethingElseInItsPlaceIsSetAsideAndItsTargetLeftAlone) {
  write("target", "precious");
  ASSERT_EQ(::symlink("target", path("memory.db").c_str()), 0);
  EXPECT_THAT(open_memory().warning, HasSubstr("renamed to memory.db.corrupt-1"));
  std::filesystem::remove(path("memory.db"));
  ASSERT_EQ(::mkfifo(path("memory.db").c_str(), 0600), 0);
  EXPECT_THAT(open_memory().warning, HasSubstr("renamed to memory.db.corrupt-2"));
  EXPECT_EQ(read("target"), "precious");
}

TEST_F(MemoryTest, OfADamagedOneIsKeptWhatCanBeReadFromEitherEnd) {
  learn_much();
  // The page that holds a fact of the middle; those of the first and the last facts stay.
  std::string bytes = read("memory.db");
  const std::size_t page = bytes.find("140vvvv") / 4096;
  ASSERT_NE(page, bytes.find("100vvvv") / 4096);
  ASSERT_NE(page, bytes.find("199vvvv") / 4096);
  write("memory.db", bytes.replace(page * 4096, 4096, std::string(4096, '\x55')));
  const Memory::Opened opened = open_memory();
  EXPECT_THAT(opened.warning, HasSubstr("may go unnoticed"));
  EXPECT_THAT(opened.warning, HasSubstr("what could be read of it is kept"));
  ASSERT_NE(opened.memory, nullptr);
  EXPECT_EQ(*opened.memory->fact("100"), std::string(200, 'v'));
  EXPECT_EQ(*opened.memory->fact("140"), std::nullopt);
  EXPECT_EQ(*opened.memory->fact("199"), std::string(200, 'v'));
  EXPECT_EQ(*good_memory()->fact("199"), std::string(200, 'v'));
}

TEST_F(MemoryTest, AFolderThatOthersCanWriteIsNotBelieved) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  expect_unknown("others can write");
}

TEST_F(MemoryTest, AHeldLockMeansUnknownAndNoDamage) {
  learn("key", "value");
  {
    Database holder = database();
    ASSERT_TRUE(holder.run("BEGIN EXCLUSIVE").ok());
    expect_unknown("locked");
  }
  EXPECT_EQ(*good_memory()->fact("key"), "value");
}

TEST_F(MemoryTest, WhatCouldNotBeSavedIsSavedTheNextTime) {
  const auto memory = good_memory();
  memory->set_fact("key", "value");
  {
    Database holder = database();
    ASSERT_TRUE(holder.run("BEGIN IMMEDIATE").ok());
    const Status saved = memory->save();
    ASSERT_FALSE(saved.ok());
    EXPECT_EQ(saved.error().code, ErrorCode::kState);
  }
  EXPECT_TRUE(memory->save().ok());
  EXPECT_EQ(*good_memory()->fact("key"), "value");
}

TEST_F(MemoryTest, AFullDiskIsAnErrorAndWhatWasKnownStays) {
  learn("key", "old");
  EXPECT_TRUE(in_child([this] {
    const auto memory = open_memory().memory;
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{16'384, 16'384};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    memory->set_fact("key", "new");
    memory->set_fact("much", std::string(100'000, 'x'));
    return !memory->save().ok();
  }));
  EXPECT_EQ(*good_memory()->fact("key"), "old");
}

// Gives up the right of root to write everything. Whether the folder can still be reached.
bool give_up_root(const std::string& folder) {
  if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) return false;
  return ::access(folder.c_str(), R_OK | X_OK) == 0;
}

TEST_F(MemoryTest, AReadOnlyFolderIsReadAndTold) {
  learn("key", "value");
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  ASSERT_EQ(::chmod(path("memory.db").c_str(), 0444), 0);
  const bool as_expected = in_child([this] {
    if (!give_up_root(folder_)) return true;
    const Memory::Opened opened = open_memory();
    if (!opened.memory || opened.warning.empty()) return false;
    if (opened.memory->can_be_written()) return false;
    const auto known = opened.memory->fact("key");
    if (!known || *known != "value" || !opened.memory->save()) return false;
    opened.memory->set_fact("key", "other");
    return !opened.memory->save().ok();
  });
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
  EXPECT_TRUE(as_expected);
}

TEST_F(MemoryTest, ACommitThatWasKilledIsUndoneAndNotReadInHalf) {
  learn("key", "value");
  ASSERT_TRUE(in_child([this] {
    static Database dying = database();  // never closed
    // A cache of one page: the file is written to before the commit.
    return dying.run("PRAGMA cache_size=1").ok() && dying.run("BEGIN IMMEDIATE").ok() &&
           dying.run("UPDATE facts SET checksum = 0").ok() &&
           dying.run("INSERT INTO facts VALUES(x'01', zeroblob(100000), 0)").ok();
  }));
  ASSERT_TRUE(exists("memory.db-journal"));
  // Who may not write can't undo it, and must not believe what is there.
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  ASSERT_EQ(::chmod(path("memory.db").c_str(), 0444), 0);
  const bool as_expected = in_child([this] {
    if (!give_up_root(folder_)) return true;
    return open_memory().memory == nullptr;
  });
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
  ASSERT_EQ(::chmod(path("memory.db").c_str(), 0600), 0);
  EXPECT_TRUE(as_expected);
  EXPECT_EQ(*good_memory()->fact("key"), "value");
}

}  // namespace
}  // namespace foldersync
