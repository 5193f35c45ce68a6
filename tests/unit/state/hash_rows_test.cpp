#include "state/hash_rows.h"

#include <gmock/gmock.h>

#include "state_fixture.h"

namespace foldersync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HashRowsTest : public StateTest {
 protected:
  // Changes the saved database behind the cache's back.
  void run(std::string_view sql) const {
    Result<Database> database = Database::open(path(), Access::kReadWrite, 1000);
    ASSERT_TRUE(database.ok());
    const Status status = database->run(sql);
    ASSERT_TRUE(status.ok()) << sql << ": " << status.error().detail;
  }
};

TEST_F(HashRowsTest, ARowInWhichAnyColumnWasChangedIsNotThere) {
  fill({});
  for (const char* change : {
           "name = x'63'",
           "size = size + 1",
           "mtime_seconds = mtime_seconds - 1",
           "mtime_nanoseconds = mtime_nanoseconds + 1",
           "mtime_nanoseconds = 1000000000",
           "mtime_nanoseconds = -1",
           "ctime_seconds = ctime_seconds + 1",
           "ctime_nanoseconds = 0",
           "inode = -inode",
           "inode = x'00'",
           "md5 = x'00112233445566778899aabbccddeeff'",
           "md5 = x''",
           "md5 = 5",
           "checksum = checksum + 1",
           "checksum = 0",
       }) {
    run("DELETE FROM hashes");
    fill({row("a"), row("b")});
    run(std::string("UPDATE hashes SET ") + change + " WHERE name = x'61'");
    EXPECT_THAT(rows_of(*good()), ElementsAre(row("b"))) << change;
  }
}

TEST_F(HashRowsTest, ARowCountsOnlyInItsOwnDirectoryAndTree) {
  fill({row("a")});
  fill({row("b")}, "e");
  {
    const auto cache = good();
    cache->remember(cache->tree("other"), RelPath("d"), row("c"));
    ASSERT_TRUE(cache->save().ok());
  }
  run("UPDATE hashes SET directory = x'64' WHERE name = x'62'");
  run("UPDATE hashes SET tree = (SELECT tree FROM hashes WHERE name = x'61')");
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
}

TEST_F(HashRowsTest, ATreeThatGetsTheNumberOfAnotherDoesNotGetItsRows) {
  fill({row("a")});
  run("UPDATE trees SET identity = x'6f74686572'");
  const auto cache = good();
  EXPECT_THAT(cache->directory(cache->tree("other"), RelPath("d")), IsEmpty());
  EXPECT_THAT(rows_of(*cache), IsEmpty());
}

TEST_F(HashRowsTest, AChangedRowIsMendedByRememberingItAgain) {
  fill({row("a")});
  run("UPDATE hashes SET size = 5");
  fill({row("a")});
  EXPECT_THAT(rows_of(*good()), ElementsAre(row("a")));
}

TEST_F(HashRowsTest, OrderedRowsAreNoDamage) {
  fill({row("a"), row("b"), row("c")});
  HashRows rows = std::move(*HashRows::prepare(*Database::open(path(), Access::kReadWrite, 1)));
  EXPECT_EQ(rows.directory({**rows.find_tree("tree"), "tree"}, "d")->size(), 3U);
  EXPECT_EQ(rows.database().trouble(), Trouble::kNone);
}

TEST_F(HashRowsTest, RowsOutOfOrderAreDamage) {
  fill({row("a"), row("b"), row("c")});
  Database database = std::move(*Database::open(path(), Access::kReadWrite, 1));
  Statement root = *database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'hashes'");
  ASSERT_TRUE(*root.step());
  // The page of an index begins with 8 bytes of header, then two bytes for the place of each cell.
  const std::size_t page = 4096 * static_cast<std::size_t>(root.integer(0) - 1);
  root.reset();
  std::string bytes = read();
  ASSERT_EQ(bytes[page], '\x0a');
  std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(page + 8),
                   bytes.begin() + static_cast<std::ptrdiff_t>(page + 10),
                   bytes.begin() + static_cast<std::ptrdiff_t>(page + 12));
  write("cache.db", bytes);
  HashRows rows = std::move(*HashRows::prepare(*Database::open(path(), Access::kReadWrite, 1)));
  EXPECT_FALSE(rows.directory({**rows.find_tree("tree"), "tree"}, "d").ok());
  EXPECT_EQ(rows.database().trouble(), Trouble::kDamaged);
}

}  // namespace
}  // namespace foldersync
