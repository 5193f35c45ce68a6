#include <fcntl.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "state/hash_cache.h"
#include "state_fixture.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Damage that is found in the middle of a run.
class DamageLaterOn : public StateTest {
 protected:
  DamageLaterOn() {
    std::vector<CachedHash> rows;
    for (int i = 0; i < 2000; ++i) rows.push_back(row(std::to_string(i)));
    fill(rows);
  }

  // Writes nonsense over all but the first `keep` bytes of a file.
  void smash(const std::string& name, std::size_t keep) const {
    const std::string nonsense(std::filesystem::file_size(path(name)) - keep, '\x55');
    const int fd = ::open(path(name).c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::pwrite(fd, nonsense.data(), nonsense.size(), static_cast<off_t>(keep)),
              static_cast<ssize_t>(nonsense.size()));
    ::close(fd);
  }
};

TEST_F(DamageLaterOn, TurnsTheCacheOffAndTheNextOneBeginsAnew) {
  OpenedCache opened = open();
  smash("cache.db", 4096);
  EXPECT_THAT(rows_of(*opened.cache), IsEmpty());
  opened.cache->remember(opened.cache->tree("tree"), RelPath("d"), row("b"));
  const Status saved = opened.cache->save();
  ASSERT_FALSE(saved.ok());
  EXPECT_THAT(saved.error().detail, HasSubstr("renamed to cache.db.corrupt-1"));
  EXPECT_TRUE(exists("cache.db.corrupt-1"));
  EXPECT_THAT(rows_of(*good()), IsEmpty());
}

TEST_F(DamageLaterOn, IsFoundByWritingToo) {
  OpenedCache opened = open();
  smash("cache.db", 4096);
  opened.cache->remember(opened.cache->tree("tree"), RelPath("d"), row("b"));
  EXPECT_FALSE(opened.cache->save().ok());
  EXPECT_TRUE(exists("cache.db.corrupt-1"));
  EXPECT_THAT(rows_of(*good()), IsEmpty());
}

TEST_F(DamageLaterOn, LeavesADatabaseAloneThatHasTakenThePlace) {
  OpenedCache opened = open();
  std::filesystem::rename(path(), path("elsewhere"));
  std::filesystem::rename(path("cache.db-wal"), path("elsewhere-wal"));
  std::filesystem::rename(path("cache.db-shm"), path("elsewhere-shm"));
  fill({row("new")});
  smash("elsewhere", 4096);
  EXPECT_THAT(rows_of(*opened.cache), IsEmpty());
  EXPECT_FALSE(exists("cache.db.corrupt-1"));
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("new")));
}

// Bits that turn over on the disk.
class Flips : public StateTest {
 protected:
  enum class Then { kWrite, kLeave };

  static std::string directory(int number) { return "dir" + std::to_string(number); }

  static std::vector<CachedHash> truth(int number) {
    std::vector<CachedHash> rows;
    for (int i = 100; i < 130; ++i) {
      rows.push_back(row("file" + std::to_string(i), static_cast<std::uint64_t>(i * number)));
    }
    return rows;
  }

  static bool remember_all(HashCache& cache) {
    for (int number = 1; number <= kDirectories; ++number) {
      for (const CachedHash& each : truth(number)) {
        cache.remember(cache.tree("tree"), RelPath(directory(number)), each);
      }
    }
    return cache.save().ok();
  }

  // Opens and reads what is in the folder. Gives the number of rows that were believed.
  [[nodiscard]] std::size_t expect_nothing_wrong(const std::string& what, Then then) const {
    std::size_t believed = 0;
    const OpenedCache opened = open();
    if (!opened.cache) return 0;
    for (int number = 1; number <= kDirectories; ++number) {
      const std::vector<CachedHash> right = truth(number);
      const std::vector<CachedHash> found = rows_of(*opened.cache, directory(number));
      believed += found.size();
      for (const CachedHash& each : found) {
        EXPECT_NE(std::find(right.begin(), right.end(), each), right.end())
            << what << ": " << testing::PrintToString(each);
      }
    }
    if (then == Then::kWrite) static_cast<void>(remember_all(*opened.cache));
    return believed;
  }

  // Flips bits of a copy of `files` in many places, one or a few at a time.
  void flip_everywhere(const std::vector<std::string>& files, int rounds) {
    std::vector<std::string> saved;
    for (const std::string& file : files) saved.push_back(read(file));
    std::mt19937 random(20'261'122);
    std::size_t believed = 0;
    for (int round = 0; round < rounds; ++round) {
      std::filesystem::remove_all(folder_);
      std::filesystem::create_directory(folder_);
      for (std::size_t i = 0; i < files.size(); ++i) write(files[i], saved[i]);
      const std::size_t victim = random() % files.size();
      std::string bytes = saved[victim];
      std::string what = files[victim];
      for (unsigned left = 1U << (random() % 4); left > 0; --left) {
        const std::size_t place = random() % bytes.size();
        bytes[place] = static_cast<char>(bytes[place] ^ (1 << (random() % 8)));
        what += " " + std::to_string(place);
      }
      write(files[victim], bytes);
      believed += expect_nothing_wrong(what, Then::kWrite);
      static_cast<void>(expect_nothing_wrong(what + ", second look", Then::kLeave));
      if (HasFailure()) return;
    }
    // Otherwise this test would see nothing.
    EXPECT_GT(believed, static_cast<std::size_t>(rounds) * kDirectories * 10);
  }

  static constexpr int kDirectories = 20;
};

TEST_F(Flips, InTheDatabaseNeverGiveAWrongHash) {
  ASSERT_TRUE(remember_all(*good()));
  flip_everywhere({"cache.db"}, 200);
}

TEST_F(Flips, InTheLogOfAKilledProcessNeverGiveAWrongHash) {
  ASSERT_TRUE(in_child([this] { return remember_all(*good().release()); }));
  flip_everywhere({"cache.db", "cache.db-wal", "cache.db-shm"}, 100);
}

}  // namespace
}  // namespace foldersync
