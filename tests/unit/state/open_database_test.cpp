#include "state/open_database.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "state_fixture.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uid_t kNobody = 65534;

class OpenDatabaseTest : public StateTest {
 protected:
  // A database begun anew: a warning that says so, nothing known, and it works.
  void expect_begun_anew(const std::string& aside) {
    OpenedCache opened = open();
    EXPECT_THAT(opened.warning, HasSubstr("renamed to " + aside));
    ASSERT_NE(opened.cache, nullptr);
    EXPECT_THAT(rows_of(*opened.cache), IsEmpty());
    EXPECT_TRUE(exists(aside));
    EXPECT_EQ(mode(path()), 0600U);
    opened.cache.reset();
    fill({row("new")});
    EXPECT_THAT(rows_of(*good()), ElementsAre(row("new")));
  }

  void expect_refused(const std::string& why) {
    const OpenedCache opened = open();
    EXPECT_EQ(opened.cache, nullptr);
    EXPECT_THAT(opened.warning, HasSubstr(why));
  }

  [[nodiscard]] Database locked_for_everybody() const {
    Database holder = std::move(*Database::open(path(), Access::kReadWrite, 1));
    EXPECT_TRUE(holder.run("PRAGMA locking_mode=EXCLUSIVE").ok());
    EXPECT_TRUE(holder.run("BEGIN EXCLUSIVE").ok());
    EXPECT_TRUE(holder.run("UPDATE hashes SET checksum = 0 WHERE name IS NULL").ok());
    EXPECT_TRUE(holder.run("COMMIT").ok());
    return holder;
  }
};

TEST_F(OpenDatabaseTest, WhatIsNoDatabaseIsSetAside) {
  write("cache.db", std::string(10'000, 'x'));
  expect_begun_anew("cache.db.corrupt-1");
  EXPECT_EQ(read("cache.db.corrupt-1"), std::string(10'000, 'x'));
  write("cache.db", "SQLite format 3");
  expect_begun_anew("cache.db.corrupt-2");
}

TEST_F(OpenDatabaseTest, ATruncatedDatabaseGivesNothingWrongAndHealsItself) {
  std::vector<CachedHash> rows;
  for (int i = 0; i < 2000; ++i) rows.push_back(row(std::to_string(i)));
  fill(rows);
  const std::string whole = read();
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{99}, std::size_t{100}, std::size_t{4096}, std::size_t{5000},
        whole.size() / 2, whole.size() - 4096, whole.size() - 1}) {
    write("cache.db", whole.substr(0, size));
    OpenedCache first = open();
    if (first.cache) {
      for (const CachedHash& each : rows_of(*first.cache)) {
        ASSERT_NE(std::find(rows.begin(), rows.end(), each), rows.end()) << size;
      }
    }
    first.cache.reset();
    const auto second = good();
    second->remember(second->tree("tree"), RelPath("d"), row("new"));
    EXPECT_TRUE(second->save().ok()) << size;
    EXPECT_THAT(rows_of(*second), testing::Contains(row("new"))) << size;
  }
}

TEST_F(OpenDatabaseTest, AnEmptyFileIsANewDatabase) {
  write("cache.db", "");
  EXPECT_THAT(rows_of(*good()), IsEmpty());
}

TEST_F(OpenDatabaseTest, ASymlinkIsSetAsideAndItsTargetLeftAlone) {
  write("target", "precious");
  ASSERT_EQ(::symlink("target", path().c_str()), 0);
  expect_begun_anew("cache.db.corrupt-1");
  EXPECT_EQ(read("target"), "precious");
}

TEST_F(OpenDatabaseTest, AFifoIsSetAsideWithoutWaitingForItsOtherEnd) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  expect_begun_anew("cache.db.corrupt-1");
}

TEST_F(OpenDatabaseTest, ADirectoryIsSetAside) {
  ASSERT_TRUE(std::filesystem::create_directories(path("cache.db/below")));
  expect_begun_anew("cache.db.corrupt-1");
}

TEST_F(OpenDatabaseTest, ADeviceIsSetAside) {
  if (::mknod(path().c_str(), S_IFCHR | 0600, makedev(1, 5)) != 0) GTEST_SKIP() << "needs root";
  expect_begun_anew("cache.db.corrupt-1");
}

TEST_F(OpenDatabaseTest, SomethingElseInPlaceOfTheLogIsSetAsideToo) {
  fill({row("old")});
  ASSERT_EQ(::mkfifo(path("cache.db-wal").c_str(), 0600), 0);
  expect_begun_anew("cache.db.corrupt-1");
  EXPECT_TRUE(exists("cache.db.corrupt-1-wal"));

  write("target", "precious");
  ASSERT_EQ(::symlink("target", path("cache.db-shm").c_str()), 0);
  expect_begun_anew("cache.db.corrupt-2");
  ASSERT_TRUE(std::filesystem::create_directory(path("cache.db-journal")));
  expect_begun_anew("cache.db.corrupt-3");
  EXPECT_EQ(read("target"), "precious");
}

TEST_F(OpenDatabaseTest, ANewerVersionIsLeftAlone) {
  fill({row("a")});
  ASSERT_TRUE(Database::open(path(), Access::kReadWrite, 1)->run("PRAGMA user_version=3").ok());
  const std::string before = read();
  expect_refused("newer version");
  EXPECT_EQ(read(), before);
}

TEST_F(OpenDatabaseTest, AVersionThatBecomesNewerMeanwhileIsNotWrittenAnyMore) {
  const auto cache = good();
  ASSERT_TRUE(Database::open(path(), Access::kReadWrite, 1)->run("PRAGMA user_version=3").ok());
  cache->remember(cache->tree("tree"), RelPath("d"), row("a"));
  EXPECT_FALSE(cache->save().ok());
  expect_refused("newer version");
}

TEST_F(OpenDatabaseTest, ATriggerInTheFileIsDamage) {
  fill({row("a")});
  ASSERT_TRUE(Database::open(path(), Access::kReadWrite, 1)
                  ->run("CREATE TRIGGER t AFTER INSERT ON trees BEGIN DELETE FROM hashes; END")
                  .ok());
  expect_begun_anew("cache.db.corrupt-1");
}

TEST_F(OpenDatabaseTest, AFileThatOthersCanWriteIsNotUsed) {
  fill({row("a")});
  ASSERT_EQ(::chmod(path().c_str(), 0666), 0);
  expect_refused("others can write");
  ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
  write("cache.db-wal", "");
  ASSERT_EQ(::chmod(path("cache.db-wal").c_str(), 0620), 0);
  expect_refused("others can write");
}

TEST_F(OpenDatabaseTest, AFolderThatOthersCanWriteIsNotUsed) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  expect_refused("others can write");
  EXPECT_FALSE(exists("cache.db"));
}

TEST_F(OpenDatabaseTest, AFolderThatCannotBeMadeIsAWarning) {
  write("file", "");
  const OpenedCache opened = open_in(path("file/state"), 1);
  EXPECT_EQ(opened.cache, nullptr);
  EXPECT_THAT(opened.warning, HasSubstr("not used"));
}

TEST_F(OpenDatabaseTest, AHeldLockMeansNoCacheAndNoDamage) {
  fill({row("a")});
  {
    const Database holder = locked_for_everybody();
    expect_refused("locked");
  }
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
}

TEST_F(OpenDatabaseTest, ALockTakenLaterOnCostsTheAnswersOnly) {
  fill({row("a")});
  const OpenedCache opened = open();
  const Database holder = [this] {
    Database database = std::move(*Database::open(path(), Access::kReadWrite, 1));
    EXPECT_TRUE(database.run("BEGIN EXCLUSIVE").ok());
    return database;
  }();
  EXPECT_THAT(rows_of(*opened.cache), ElementsAre(row("a")));
  const TreeId tree = opened.cache->tree("tree");
  opened.cache->remember(tree, RelPath("d"), row("b"));
  const Status saved = opened.cache->save();
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, ErrorCode::kState);
  opened.cache->remember(tree, RelPath("d"), row("c"));
  EXPECT_FALSE(opened.cache->save().ok());
  EXPECT_THAT(rows_of(*opened.cache), ElementsAre(row("a")));
}

// Gives up the right of root to write everything. Whether the folder can still be reached.
bool give_up_root(const std::string& folder) {
  if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) return false;
  return ::access(folder.c_str(), R_OK | X_OK) == 0;
}

TEST_F(OpenDatabaseTest, AReadOnlyFolderIsReadAndNotWritten) {
  fill({row("a")});
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  ASSERT_EQ(::chmod(path().c_str(), 0444), 0);
  const bool as_expected = in_child([this] {
    if (!give_up_root(folder_)) return true;
    const OpenedCache opened = open();
    if (!opened.cache || opened.warning.find("nothing new") == std::string::npos) return false;
    opened.cache->remember(opened.cache->tree("tree"), RelPath("d"), row("b"));
    const bool refused = !opened.cache->save().ok();
    const std::vector<CachedHash> found = rows_of(*opened.cache);
    return refused && found == std::vector{row("a")};
  });
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
  EXPECT_TRUE(as_expected);
}

TEST_F(OpenDatabaseTest, AReadOnlyFolderWithoutADatabaseMeansNoCache) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  const bool as_expected = in_child([this] {
    if (!give_up_root(folder_)) return true;
    const OpenedCache opened = open();
    return opened.cache == nullptr && !opened.warning.empty();
  });
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
  EXPECT_TRUE(as_expected);
}

// The largest file that this process may write.
bool limit_file_size(rlim_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

TEST_F(OpenDatabaseTest, AFullDiskCostsOnlyWhatIsNew) {
  fill({row("a")});
  EXPECT_TRUE(in_child([this] {
    const OpenedCache opened = open();
    if (!opened.cache || !limit_file_size(40'000)) return false;
    const TreeId tree = opened.cache->tree("tree");
    for (int i = 0; i < 20'000; ++i) {
      opened.cache->remember(tree, RelPath("e"), row(std::to_string(i)));
    }
    const bool refused = !opened.cache->save().ok() && !opened.cache->save().ok();
    return refused && rows_of(*opened.cache) == std::vector{row("a")} &&
           rows_of(*opened.cache, "e").empty();
  }));
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
  EXPECT_THAT(rows_of(*good(), "e"), IsEmpty());
}

TEST_F(OpenDatabaseTest, ADiskThatWasFullFromTheStartIsNoDamage) {
  EXPECT_TRUE(in_child([this] {
    if (!limit_file_size(0)) return false;
    const OpenedCache opened = open();
    return opened.cache == nullptr && !opened.warning.empty();
  }));
  EXPECT_FALSE(exists("cache.db.corrupt-1"));
  EXPECT_THAT(rows_of(*good()), IsEmpty());
}

TEST_F(OpenDatabaseTest, ALogWithoutItsDatabaseIsForgotten) {
  ASSERT_TRUE(in_child([this] {
    const auto cache = good().release();
    cache->remember(cache->tree("tree"), RelPath("d"), row("a"));
    return cache->save().ok();
  }));
  ASSERT_EQ(::unlink(path().c_str()), 0);
  EXPECT_THAT(rows_of(*good()), IsEmpty());
  fill({row("new")});
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("new")));
}

TEST_F(OpenDatabaseTest, ADatabaseWithoutItsLogIsOlderOrBegunAnew) {
  ASSERT_TRUE(in_child([this] {
    const auto cache = good().release();
    cache->remember(cache->tree("tree"), RelPath("d"), row("a"));
    return cache->save().ok();
  }));
  ASSERT_EQ(::unlink(path("cache.db-wal").c_str()), 0);
  static_cast<void>(open());
  fill({row("new")});
  EXPECT_THAT(rows_of(*good()), testing::Contains(row("new")));
}

}  // namespace
}  // namespace foldersync
