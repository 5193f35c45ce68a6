#include "state/old_state.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>

#include "state/hash_rows.h"
#include "state/memory.h"
#include "state/memory_rows.h"
#include "state_fixture.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// As earlier versions made them.
constexpr std::array<std::string_view, 6> kOldTables{
    "CREATE TABLE facts(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL,"
    " checksum INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE hashes(tree INTEGER NOT NULL, directory BLOB NOT NULL,"
    " name BLOB NOT NULL, size INTEGER NOT NULL,"
    " mtime_seconds INTEGER NOT NULL, mtime_nanoseconds INTEGER NOT NULL,"
    " ctime_seconds INTEGER NOT NULL, ctime_nanoseconds INTEGER NOT NULL,"
    " inode INTEGER NOT NULL, md5 BLOB NOT NULL, checksum INTEGER NOT NULL,"
    " PRIMARY KEY(tree, directory, name)) WITHOUT ROWID",
    "CREATE TABLE limits(identity BLOB NOT NULL PRIMARY KEY, granularity INTEGER NOT NULL,"
    " two_seconds INTEGER NOT NULL,"
    " earliest_seconds INTEGER, earliest_nanoseconds INTEGER,"
    " latest_seconds INTEGER, latest_nanoseconds INTEGER,"
    " holds_owners INTEGER NOT NULL, holds_modes INTEGER NOT NULL,"
    " holds_xattrs INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE trees(id INTEGER PRIMARY KEY, identity BLOB NOT NULL UNIQUE)",
    "PRAGMA user_version=1",
    "PRAGMA journal_mode=WAL",
};

FileSystemLimits some_limits() {
  FileSystemLimits limits;
  limits.holds_owners = false;
  limits.times.earliest = FileTime{5, 5};
  return limits;
}

class OldStateTest : public StateTest {
 protected:
  [[nodiscard]] Database old(int busy_milliseconds = 1) const {
    return std::move(*Database::open(path("hashes.db"), Access::kReadWrite, busy_milliseconds));
  }

  // A hashes.db with facts "first" and "last", limits of "disk" and a row "a".
  bool make_old() const {
    write("hashes.db", "");
    Database database = old();
    for (const std::string_view sql : kOldTables) {
      if (!database.run(sql)) return false;
    }
    MemoryRows memory = std::move(*MemoryRows::prepare(database));
    HashRows hashes = std::move(*HashRows::prepare(database));
    const Result<std::int64_t> tree = hashes.add_tree("tree");
    return tree && memory.put_fact("first", "1") && memory.put_fact("last", "9") &&
           memory.put_limits("disk", some_limits()) && hashes.put({*tree, "tree"}, "d", row("a"));
  }

  [[nodiscard]] Memory::Opened open_memory() const { return Memory::open(folder_, 1); }

  void expect_memory_and(std::string_view warning) const {
    const Memory::Opened opened = open_memory();
    EXPECT_THAT(opened.warning, HasSubstr(std::string(warning)));
    EXPECT_EQ(opened.warning.empty(), warning.empty()) << opened.warning;
    ASSERT_NE(opened.memory, nullptr);
    EXPECT_EQ(*opened.memory->fact("first"), "1");
    EXPECT_EQ(*opened.memory->fact("last"), "9");
    EXPECT_EQ(opened.memory->limits("disk"), some_limits());
  }

  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(OldStateTest, IsPartedIntoMemoryAndCache) {
  ASSERT_TRUE(make_old());
  expect_memory_and("");
  EXPECT_THAT(files(), ElementsAre("cache.db", "memory.db"));
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
  expect_memory_and("");
}

TEST_F(OldStateTest, TheLogOfAKilledProcessIsPartOfIt) {
  ASSERT_TRUE(in_child([this] {
    // Never closed: the last one to close it would put the log into the file.
    static std::optional<Database> open;
    const bool made = make_old();
    open = old();
    return made && open->run("INSERT INTO trees(identity) VALUES(x'01')").ok();
  }));
  ASSERT_TRUE(exists("hashes.db-wal"));
  expect_memory_and("");
  EXPECT_THAT(files(), ElementsAre("cache.db", "memory.db"));
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
}

TEST_F(OldStateTest, WhatTheMemoryKnowsByThenIsNewer) {
  {
    const auto memory = open_memory().memory;
    memory->set_fact("first", "newer");
    ASSERT_TRUE(memory->save().ok());
  }
  ASSERT_TRUE(make_old());
  const auto memory = open_memory().memory;
  EXPECT_EQ(*memory->fact("first"), "newer");
  EXPECT_EQ(*memory->fact("last"), "9");
}

TEST_F(OldStateTest, ACacheThatWasBegunMeanwhileStays) {
  fill({row("new")});
  ASSERT_TRUE(make_old());
  expect_memory_and("");
  EXPECT_FALSE(exists("hashes.db"));
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("new")));
}

TEST_F(OldStateTest, StaysWhileAnEarlierVersionHasItOpenWhichCannotWriteToItAnyMore) {
  ASSERT_TRUE(make_old());
  {
    Database in_use = old();
    ASSERT_TRUE(in_use.run("SELECT count(*) FROM facts").ok());
    expect_memory_and("");
    EXPECT_TRUE(exists("hashes.db"));
    EXPECT_FALSE(in_use.run("SELECT count(*) FROM facts").ok());
  }
  expect_memory_and("");
  EXPECT_FALSE(exists("hashes.db"));
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
}

TEST_F(OldStateTest, ALockedOneIsToldAndTakenOverTheNextTime) {
  ASSERT_TRUE(make_old());
  {
    Database holder = old();
    ASSERT_TRUE(holder.run("BEGIN IMMEDIATE").ok());
    const Memory::Opened opened = open_memory();
    EXPECT_THAT(opened.warning, HasSubstr("may go unnoticed"));
    EXPECT_THAT(opened.warning, HasSubstr("locked"));
    EXPECT_NE(opened.memory, nullptr);
  }
  expect_memory_and("");
}

TEST_F(OldStateTest, OfADamagedOneIsKeptWhatCanBeReadAndTheRestIsSetAside) {
  ASSERT_TRUE(make_old());
  std::string bytes = read("hashes.db");
  Statement root = *old().prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'limits'");
  ASSERT_TRUE(*root.step());
  const auto page = static_cast<std::size_t>(root.integer(0) - 1) * 4096;
  root.reset();
  root = *old().prepare("SELECT 1");
  write("hashes.db", bytes.replace(page, 4096, std::string(4096, '\x55')));
  const Memory::Opened opened = open_memory();
  EXPECT_THAT(opened.warning, HasSubstr("renamed to hashes.db.corrupt-1"));
  EXPECT_THAT(opened.warning, HasSubstr("what could be read of it is kept"));
  ASSERT_NE(opened.memory, nullptr);
  EXPECT_EQ(*opened.memory->fact("last"), "9");
  EXPECT_THAT(files(), ElementsAre("hashes.db.corrupt-1", "memory.db"));
  EXPECT_THAT(rows_of(*good()), IsEmpty());
}

TEST_F(OldStateTest, OfOneWithATriggerTheMemoryIsKeptAndTheRestIsSetAside) {
  ASSERT_TRUE(make_old());
  ASSERT_TRUE(
      old().run("CREATE TRIGGER t AFTER INSERT ON facts BEGIN DELETE FROM facts; END").ok());
  expect_memory_and("renamed to hashes.db.corrupt-1");
  EXPECT_THAT(files(), ElementsAre("hashes.db.corrupt-1", "memory.db"));
}

TEST_F(OldStateTest, WhatIsNoDatabaseIsSetAside) {
  write("hashes.db", std::string(10'000, 'x'));
  EXPECT_THAT(open_memory().warning, HasSubstr("renamed to hashes.db.corrupt-1"));
  write("target", "precious");
  ASSERT_EQ(::symlink("target", path("hashes.db").c_str()), 0);
  EXPECT_THAT(open_memory().warning, HasSubstr("renamed to hashes.db.corrupt-2"));
  ASSERT_EQ(::mkfifo(path("hashes.db").c_str(), 0600), 0);
  EXPECT_THAT(open_memory().warning, HasSubstr("renamed to hashes.db.corrupt-3"));
  EXPECT_EQ(read("target"), "precious");
}

TEST_F(OldStateTest, AnEmptyFileBecomesAnEmptyCache) {
  write("hashes.db", "");
  EXPECT_EQ(open_memory().warning, "");
  EXPECT_FALSE(exists("hashes.db"));
  EXPECT_THAT(rows_of(*good()), IsEmpty());
}

TEST_F(OldStateTest, IsReadAsItIsWhereNothingCanBeWritten) {
  ASSERT_TRUE(make_old());
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  ASSERT_EQ(::chmod(path("hashes.db").c_str(), 0444), 0);
  const bool as_expected = in_child([this] {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return true;
    if (::access(folder_.c_str(), R_OK | X_OK) != 0) return true;
    const Memory::Opened opened = open_memory();
    if (!opened.memory || opened.warning.empty()) return false;
    const auto known = opened.memory->fact("first");
    opened.memory->set_fact("first", "new");
    return known && *known == "1" && !opened.memory->save().ok();
  });
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
  EXPECT_TRUE(as_expected);
  EXPECT_THAT(files(), ElementsAre("hashes.db"));
}

TEST_F(OldStateTest, ANewerVersionIsLeftAloneAndTold) {
  ASSERT_TRUE(make_old());
  ASSERT_TRUE(old().run("PRAGMA user_version=9").ok());
  const std::string before = read("hashes.db");
  EXPECT_THAT(open_memory().warning, HasSubstr("newer version"));
  EXPECT_EQ(read("hashes.db"), before);
}

TEST_F(OldStateTest, OneThatOthersCanWriteIsNotBelieved) {
  ASSERT_TRUE(make_old());
  ASSERT_EQ(::chmod(path("hashes.db").c_str(), 0666), 0);
  EXPECT_THAT(open_memory().warning, HasSubstr("others can write"));
  EXPECT_EQ(*open_memory().memory->fact("first"), std::nullopt);
  EXPECT_TRUE(exists("hashes.db"));
}

TEST_F(OldStateTest, ManyMayTakeItOverAtOnce) {
  for (int round = 0; round < 20; ++round) {
    for (const std::string& name : files()) std::filesystem::remove(path(name));
    ASSERT_TRUE(in_child([this] { return make_old(); }));
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
      children.push_back(::fork());
      if (children.back() != 0) continue;
      const Memory::Opened opened = Memory::open(folder_);
      const bool well = opened.memory && opened.warning.empty() &&
                        *opened.memory->fact("first") == "1" && *opened.memory->fact("last") == "9";
      if (!well) std::cerr << opened.warning << "\n";
      ::_exit(well ? 0 : 1);
    }
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    EXPECT_THAT(files(), ElementsAre("cache.db", "memory.db"));
    EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
  }
}

}  // namespace
}  // namespace foldersync
